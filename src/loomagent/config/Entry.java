package loomagent.config;

/**
 * One setting as it was written, before any ${…} is looked up.
 *
 * @param whole false when a mistake in the text was already told, so that the value says nothing
 */
record Entry(String key, String raw, Origin origin, boolean whole) {

  /** Where a setting was written; problems are told in this order. */
  record Origin(int order, String text) {
    // A file of 1 MB has fewer lines; everything else is told after it.
    static final int MISSING = 2_000_000;
    static final int ENVIRONMENT = 3_000_000;
    static final int SET = 4_000_000;
  }

  boolean literal() {
    return !raw.replace("$${", " ").contains("${");
  }

  /** The value for a message. What a ${…} brings in is never shown: it may be a secret. */
  String shown() {
    return Catalogue.secret(key) ? raw.length() + " characters" : Problems.quote(raw);
  }

  /** Without the value, which may be a secret. */
  @Override
  public String toString() {
    return key + " (" + origin.text() + ")";
  }
}

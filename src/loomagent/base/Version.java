package loomagent.base;

/** Which agent this is. */
public final class Version {
  private static final String UNKNOWN = "development";

  private Version() {}

  /**
   * The agent's version.
   *
   * @return as in the jar's manifest; {@code development} when run from a folder of classes
   */
  public static String agent() {
    String version = Version.class.getPackage().getImplementationVersion();
    return version == null ? UNKNOWN : version;
  }

  /**
   * How the agent introduces itself to a server.
   *
   * @return such as {@code loom-agent/1.0 (Java 17)}
   */
  public static String userAgent() {
    return "loom-agent/" + agent() + " (Java " + Runtime.version().feature() + ")";
  }
}

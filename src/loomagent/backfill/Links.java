package loomagent.backfill;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads {@code Link} headers (RFC 8288). */
final class Links {
  private static final int MAX_HEADER = 32 << 10; // characters, of all headers together
  private static final int MAX_URL = 4 << 10; // characters: it is kept in a line of gaps.ndjson

  private static final String TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
  // Possessive, so that nothing is tried twice: the time grows with the length alone.
  private static final Pattern SEPARATORS = Pattern.compile("[\\s,]*+");
  private static final Pattern TARGET = Pattern.compile("<\\s*+([^<>\\s]*+)\\s*+>\\s*+");
  private static final Pattern PARAMETER =
      Pattern.compile(
          ";\\s*+(?:("
              + TOKEN
              + ")\\s*+(?:=\\s*+(?:\"((?:[^\"\\\\]|\\\\.)*+)\"|([^\\s,;\"]*+)))?)?"
              + "\\s*+");

  private Links() {}

  /**
   * The page behind a page.
   *
   * @param page where the headers came from
   * @param headers the values of its {@code Link} headers
   * @return the target of the first link with {@code rel="next"}; empty on the last page
   * @throws Trouble if the headers cannot be read, which must not be taken for the last page, or if
   *     the link leads to another server, which must not be told the password
   */
  static Optional<URI> next(URI page, List<String> headers) throws Trouble {
    String text = String.join(",", headers);
    if (text.length() > MAX_HEADER) {
      throw unreadable("longer than " + MAX_HEADER + " characters");
    }
    int at = 0;
    while (true) {
      at = end(SEPARATORS.matcher(text), at);
      if (at == text.length()) {
        return Optional.empty();
      }
      Matcher target = TARGET.matcher(text).region(at, text.length());
      if (!target.lookingAt()) {
        throw unreadable("no <address> at character " + (at + 1));
      }
      at = target.end();
      String rel = "";
      boolean ofThisPage = true;
      Matcher parameter = PARAMETER.matcher(text);
      while (parameter.region(at, text.length()).lookingAt()) {
        at = parameter.end();
        String name = parameter.group(1) == null ? "" : parameter.group(1);
        if (name.equalsIgnoreCase("rel") && rel.isEmpty()) { // of several, the first counts
          rel = value(parameter);
        }
        ofThisPage &= !name.equalsIgnoreCase("anchor"); // a link of something else
      }
      if (at < text.length() && text.charAt(at) != ',') {
        throw unreadable("no ',' or ';' at character " + (at + 1));
      }
      if (ofThisPage && List.of(rel.split("\\s+")).stream().anyMatch("next"::equalsIgnoreCase)) {
        return Optional.of(target(page, target.group(1)));
      }
    }
  }

  private static int end(Matcher matcher, int at) {
    return matcher.region(at, matcher.regionEnd()).lookingAt() ? matcher.end() : at;
  }

  private static String value(Matcher parameter) {
    String quoted = parameter.group(2);
    String plain = parameter.group(3);
    return quoted != null ? quoted.replaceAll("\\\\(.)", "$1") : plain != null ? plain : "";
  }

  private static URI target(URI page, String reference) throws Trouble {
    URI target;
    try {
      // URI.resolve would drop the last part of the path before a bare query.
      String path = reference.startsWith("?") ? page.getRawPath() : "";
      target = page.resolve(new URI(path + reference));
    } catch (URISyntaxException wrong) {
      throw unreadable("its address is none");
    }
    if (target.toString().length() > MAX_URL) {
      throw unreadable("its address is longer than " + MAX_URL + " characters");
    }
    if (!sameServer(page, target)) {
      throw new Trouble(
          Trouble.Kind.ODD,
          "the link to the next page leads to another server than loom.api, which is not told the"
              + " password. Check loom.api: scheme, host and port have to be Loom's own");
    }
    return target;
  }

  /** By scheme, host and port; a user in the address is somebody else's idea. */
  static boolean sameServer(URI a, URI b) {
    return a.getScheme().equalsIgnoreCase(b.getScheme())
        && a.getHost() != null
        && a.getHost().equalsIgnoreCase(b.getHost())
        && port(a) == port(b)
        && b.getRawUserInfo() == null;
  }

  private static int port(URI uri) {
    boolean secure = "https".equalsIgnoreCase(uri.getScheme());
    return uri.getPort() != -1 ? uri.getPort() : secure ? 443 : 80;
  }

  private static Trouble unreadable(String why) {
    return new Trouble(
        Trouble.Kind.ODD,
        "the Link header of the answer cannot be read ("
            + why
            + "), so that nobody knows whether there are more pages");
  }
}

package loomagent.ops;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/** The status page: one file, whose own script and style are all that a browser may run of it. */
final class Page {
  private static final String FILE = "page.html";

  private final String html;
  private final String policy;

  private Page(String html) {
    this.html = html;
    this.policy =
        String.join(
            "; ",
            "default-src 'none'",
            "script-src " + hash("script", html),
            "style-src " + hash("style", html),
            "connect-src 'self'",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            // A browser that knows these refuses to take any text for markup.
            "require-trusted-types-for 'script'",
            "trusted-types 'none'");
  }

  static Page load() throws IOException {
    try (InputStream in = Page.class.getResourceAsStream(FILE)) {
      if (in == null) {
        throw new IOException(FILE + " is not in the jar. Build it anew: make");
      }
      return new Page(new String(in.readAllBytes(), UTF_8));
    }
  }

  Answer answer() {
    return new Answer(200, "text/html; charset=utf-8", html)
        .with("Content-Security-Policy", policy);
  }

  private static String hash(String element, String html) {
    int from = html.indexOf("<" + element + ">") + element.length() + 2;
    String content = html.substring(from, html.indexOf("</" + element + ">", from));
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(content.getBytes(UTF_8));
      return "'sha256-" + Base64.getEncoder().encodeToString(hash) + "'";
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}

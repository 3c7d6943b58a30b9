package loomagent.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The keys of the status page. */
final class HttpKeysTest {
  @TempDir Path folder;
  private Sources sources;

  @BeforeEach
  void begin() {
    sources = new Sources(folder).file(Sources.ENOUGH);
  }

  @Test
  void noPortIsOpenUnlessAskedFor() throws Exception {
    assertEquals(Optional.empty(), sources.load().httpListen());
    assertEquals(Optional.empty(), sources.load().httpPassword());
  }

  @Test
  void thisMachineNeedsNoPassword() throws Exception {
    for (String host : List.of("127.0.0.1", "127.8.0.1", "localhost", "[::1]")) {
      sources.unset().set("http.listen=" + host + ":9464");
      InetSocketAddress listen = sources.load().httpListen().orElseThrow();
      assertEquals(host, listen.getHostString());
      assertEquals(9464, listen.getPort());
      assertTrue(listen.isUnresolved(), "nothing is looked up");
    }
    sources.unset().set("http.listen=127.0.0.1:0");
    assertEquals(0, sources.load().httpListen().orElseThrow().getPort(), "any free one");
  }

  @Test
  void anywhereElseNeedsOneAndSaysSoBesideAllElse() {
    for (String host : List.of("0.0.0.0", "[::]", "192.168.1.7", "press.example", "[fe80::1]")) {
      sources.unset().set("http.listen=" + host + ":80", "stale-after=x");
      assertEquals(
          List.of(
              "--set http.listen: http.listen needs http.password beside it. Write both, or listen"
                  + " on this machine alone: 127.0.0.1:80.",
              "--set stale-after: stale-after is \"x\". Write 1s to 1h."),
          sources.problems());
    }
  }

  @Test
  void thePasswordIsReadAnewAtEachUse() throws Exception {
    Path file = sources.write("http-password", "first-pass-1\n");
    sources.set("http.listen=0.0.0.0:9464", "http.password=${file:http-password}");
    Value password = sources.load().httpPassword().orElseThrow();
    assertEquals("first-pass-1", password.resolve());
    sources.write("http-password", "second-pass-2\n");
    assertEquals("second-pass-2", password.resolve());
    assertTrue(Naming.secret("http.password"), "and is masked wherever it shows");
    assertFalse(password.toString().contains(file.toString()));
  }

  @Test
  void aPasswordAloneOrTooShortIsRefused() {
    sources.set("http.password=a-password");
    assertEquals(
        List.of(
            "--set http.password: http.password needs http.listen beside it. Write host:port, such"
                + " as 127.0.0.1:9464 or [::1]:9464."),
        sources.problems());
    sources.unset().set("http.password=seven77", "http.listen=127.0.0.1:1");
    assertEquals(
        List.of(
            "--set http.password: http.password (7 characters) cannot be right. Write a password of"
                + " 8 characters or more, best as ${file:…}, ${credential:…} or ${env:…}; at most"
                + " 1 KB, no space."),
        sources.problems());
  }

  @Test
  void aWrongAddressIsMetWithTheRightOne() {
    refused("9464", "has no port behind a colon. Write it like 127.0.0.1:9464.");
    refused("localhost", "has no port behind a colon. Write it like 127.0.0.1:9464.");
    refused("localhost:http", "has no port behind a colon. Write it like 127.0.0.1:9464.");
    refused(
        "http://localhost:1/",
        "holds a /, but is a host and a port and no more. Write it like" + " 127.0.0.1:9464.");
    String all =
        "names no host. Write 127.0.0.1:80 for this machine alone, or 0.0.0.0:80 for all"
            + " that can reach it.";
    refused(":80", all);
    refused("*:80", all);
    refused("::1:80", "needs [ and ] around its IPv6 address. Write it like [::1]:9464.");
    refused("127.0.0.1:65536", "needs a port up to 65535. Write it like 127.0.0.1:9464.");
    refused("me@host:80", "has no valid host. Write it like 127.0.0.1:9464.");
    refused("[1]:80", "has no valid host. Write it like 127.0.0.1:9464.");
  }

  private void refused(String text, String why) {
    sources.unset().set("http.listen=" + text, "http.password=long-enough-1");
    assertEquals(List.of("--set http.listen: http.listen " + why), sources.problems());
  }
}

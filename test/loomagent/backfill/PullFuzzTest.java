package loomagent.backfill;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import loomagent.base.Disk;
import loomagent.base.Fuzz;
import loomagent.base.LogLines;
import loomagent.base.RawServer;
import loomagent.base.Secret;
import loomagent.json.Json;
import loomagent.net.Network;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever answers in the pull API's place: only events are taken, and no gap closed in vain. */
@Tag("fuzz")
class PullFuzzTest {
  private static final String ORGANIZATION = "Org/o";
  private static final String PAGE =
      "[{\"id\":\"1\",\"name\":\"a.b\",\"subject\":\"Org/o\",\"payload\":{}},\n"
          + "{\"id\":\"2\",\"name\":\"a.b\",\"subject\":\"Org/p\"},{\"id\":3}, 7]";

  /** HttpClient does not end at all for some broken chunks: this does. */
  private static final Limits LIMITS =
      new Limits(Duration.ofMillis(500), Duration.ofSeconds(1), 1 << 20, 10);

  private static final byte[] LAST = RawServer.http(200, "[]");

  @TempDir Path folder;

  /** Takes events, and looks at them. */
  private static final class Looking implements Sink {
    int taken;
    int aside;

    @Override
    public Taken take(String id, String name, byte[] utf8, int from, int to) {
      Map<?, ?> event = (Map<?, ?>) Json.parse(utf8, from, to);
      assertEquals(id, event.get("id"));
      assertEquals(name, event.get("name"));
      assertEquals("a.b", name);
      assertTrue(ORGANIZATION.equalsIgnoreCase((String) event.get("subject")));
      taken++;
      return Taken.NEW;
    }

    @Override
    public void aside(String text, String reason) {
      boolean event =
          Json.parse(text) instanceof Map<?, ?> members
              && members.get("id") instanceof String id
              && !id.isEmpty();
      assertTrue(!event, text);
      aside++;
    }

    @Override
    public boolean flush() {
      return true;
    }
  }

  private static final class Login implements Backfill.Credentials {
    @Override
    public String app() {
      return "app";
    }

    @Override
    public Secret password() {
      return new Secret("the-password");
    }
  }

  private static byte[][] good(String authority) {
    String next = "<http://" + authority + "/api/v1/events?page=2>; rel=\"next\"";
    return new byte[][] {
      RawServer.http(200, PAGE, "Link", next, "Total-Count", "12"),
      RawServer.http(
          200, PAGE, "Link", "</api/v1/events?page=2>; rel=\"last next\"; title=\"a, \\\"b\\\"\""),
      RawServer.http(200, PAGE),
      RawServer.http(200, "[]", "Link", "<http://other.example/>; rel=next"),
      RawServer.http(429, "", "Retry-After", "Fri, 04 Mar 2033 05:07:07 GMT"),
      RawServer.http(401, "no"),
      ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\n\r\n")
          .getBytes(US_ASCII)
    };
  }

  @Test
  void whateverThePullApiAnswersOnlyEventsAreTakenAndTheRestIsSaidInALine() throws Exception {
    LogLines log = new LogLines();
    Network network = Network.direct(log);
    Gaps gaps = Gaps.open(folder, Disk.REAL, log);
    Instant now = Instant.now();
    List<Gap> open = List.of(Gap.begun(1, "default", now, now).ended(now));
    AtomicReference<byte[]> answer = new AtomicReference<>();
    int[] outcomes = new int[4];
    try (RawServer server = new RawServer(head -> head.contains("page=2") ? LAST : answer.get())) {
      Backfill.Settings settings =
          new Backfill.Settings(
              "default",
              URI.create("http://" + server.authority()),
              List.of("a.b"),
              Duration.ZERO,
              "test");
      PullApi api = new PullApi(settings, new Login(), network, Clock.systemUTC(), LIMITS);
      byte[][] good = good(server.authority());
      boolean all =
          Fuzz.run(
              250,
              fuzz -> {
                byte[] one = fuzz.one(good);
                answer.set(fuzz.once(4) ? fuzz.input(one) : fuzz.damaged(one, fuzz.one(good)));
                Looking sink = new Looking();
                Pull pull = new Pull(open, settings, api, gaps, sink, 3, new AtomicLong());
                try {
                  for (Pull.Step step = Pull.Step.MORE; step == Pull.Step.MORE; ) {
                    step = pull.page(ORGANIZATION);
                  }
                  outcomes[0]++;
                } catch (Trouble trouble) {
                  String words = trouble.getMessage();
                  assertTrue(
                      words.length() < 1_000 && words.chars().noneMatch(Character::isISOControl),
                      words);
                  assertTrue(!words.contains("the-password"), words);
                  outcomes[1]++;
                }
                assertTrue(pull.progress().length() < 1_000);
                outcomes[2] += sink.taken;
                outcomes[3] += sink.aside;
              });
      assertTrue(
          !all || Arrays.stream(outcomes).allMatch(count -> count > 5), Arrays.toString(outcomes));
    }
  }

  @Test
  void theNextPageIsOfTheSameServerOrThereIsNone() {
    URI page = URI.create("https://loom.example/api/v1/events?page=1");
    String[] good = {
      "<https://loom.example/api/v1/events?page=2>; rel=\"next\"",
      "<?page=2>; rel=next, </x>; rel=\"last\"; title*=UTF-8''%e2%82%ac",
      "<//loom.example:443/a>; anchor=\"#x\"; rel=\"next\", <b>; rel=\"prev next\""
    };
    int[] outcomes = new int[3];
    boolean all =
        Fuzz.run(
            10_000,
            fuzz -> {
              String text = fuzz.damaged(fuzz.one(good));
              try {
                Optional<URI> next =
                    Links.next(page, fuzz.once(3) ? List.of(text, fuzz.one(good)) : List.of(text));
                next.ifPresent(PullFuzzTest::assertIsOfLoom);
                outcomes[next.isPresent() ? 0 : 1]++;
              } catch (Trouble trouble) {
                outcomes[2]++;
              }
            });
    assertTrue(
        !all || Arrays.stream(outcomes).allMatch(count -> count > 99), Arrays.toString(outcomes));
  }

  private static void assertIsOfLoom(URI uri) {
    assertTrue(
        uri.toString().matches("(?i)https://loom\\.example(:(443)?)?([/?#].*)?"), uri::toString);
  }
}

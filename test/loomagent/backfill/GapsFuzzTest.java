package loomagent.backfill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import loomagent.base.Fuzz;
import loomagent.base.LogLines;
import loomagent.base.Secret;
import loomagent.net.Network;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever the file holds: what it says can be gone on with, and is the same after a restart. */
@Tag("fuzz")
class GapsFuzzTest {
  private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");
  private static final URI API = URI.create("http://127.0.0.1:1");

  @TempDir Path folder;
  private final LogLines log = new LogLines();
  private final BadDisk disk = new BadDisk();

  private Gaps open() throws IOException {
    return Gaps.open(folder, disk, log);
  }

  private static Instant at(int minutes) {
    return NOON.plus(Duration.ofMinutes(minutes));
  }

  private static Gap gap(Gaps gaps, String connection, int from) {
    gaps.lost(connection, at(from), Optional.of(at(from - 1)), Optional.empty());
    return gaps.live(connection, at(from + 1)).orElseThrow();
  }

  /** What a Backfill begins to do with what there is. */
  private Pull pull(Gaps gaps, List<Gap> open) throws Exception {
    Backfill.Settings settings =
        new Backfill.Settings("default", API, List.of("a.b", "c.d"), Duration.ofDays(7), "test");
    Backfill.Credentials credentials =
        new Backfill.Credentials() {
          @Override
          public String app() {
            return "app";
          }

          @Override
          public Secret password() {
            return new Secret("password");
          }
        };
    PullApi api =
        new PullApi(settings, credentials, Network.direct(log), Clock.systemUTC(), Limits.STANDARD);
    return new Pull(open, settings, api, gaps, new Nowhere(), 10, new AtomicLong());
  }

  private static Gap find(List<Gap> gaps, long number) {
    return gaps.stream().filter(gap -> gap.number() == number).findFirst().orElseThrow();
  }

  private static final class Nowhere implements Sink {
    @Override
    public Taken take(String id, String name, byte[] utf8, int from, int to) {
      return Taken.NEW;
    }

    @Override
    public void aside(String text, String reason) {}

    @Override
    public boolean flush() {
      return true;
    }
  }

  @Test
  void whateverTheFileHoldsTheGapsInItCanBeClosedAndNewOnesKept() throws Exception {
    Gaps good = open();
    gap(good, "default", 0);
    good.progress(
        1, new Gap.Progress(1, "c.d", URI.create(API + "/api/v1/events?page=2"), 3, 4, 5));
    gap(good, "default", 10);
    gap(good, "berlin", 20);
    good.closed(3, 7, "no\u0007te");
    good.lost("berlin", at(30), Optional.empty(), Optional.empty());
    byte[] whole = Files.readAllBytes(folder.resolve("gaps.ndjson"));
    Fuzz.run(
        600,
        fuzz -> {
          BadDisk.fresh(folder.resolve("gaps.ndjson"), fuzz.damaged(whole));
          Gaps gaps = open();
          assertEquals(gaps.recent("default", 9), open().recent("default", 9));
          assertEquals(gaps.recent("berlin", 9), open().recent("berlin", 9));
          assertEquals(gaps.lastLive("default"), open().lastLive("default"));
          gaps.noCredentials("default");
          List<Gap> open = gaps.open("default");
          if (!open.isEmpty()) {
            Pull pull = pull(gaps, open);
            assertFalse(pull.what().isEmpty() || pull.progress().isEmpty());
            pull.close("done");
            assertTrue(gaps.open("default").size() < open.size());
          }
          Optional<Gap> fresh = gaps.lost("default", at(50), Optional.of(at(49)), Optional.empty());
          gaps.live("default", at(52));
          long number = fresh.orElseThrow().number(); // its own, or of one that had not ended
          Gap kept = find(gaps.open("default"), number);
          assertEquals(Optional.of(at(52)), kept.to());
          assertEquals(kept, find(open().open("default"), number));
          assertEquals(Optional.of(at(52)), open().lastLive("default"));
        });
  }
}

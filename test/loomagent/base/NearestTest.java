package loomagent.base;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class NearestTest {
  private static final List<String> KEYS =
      List.of("token", "events", "reconnect.first", "reconnect.longest", "log.level", "log");

  @Test
  void aSlipOfTheFingersIsUnderstood() {
    assertEquals(Optional.of("token"), Nearest.to("tokne", KEYS));
    assertEquals(Optional.of("events"), Nearest.to("event", KEYS));
    assertEquals(Optional.of("reconnect.longest"), Nearest.to("reconect.longst", KEYS));
    assertEquals(Optional.of("log.level"), Nearest.to("log-level", KEYS));
    assertEquals(Optional.of("log"), Nearest.to("lob", KEYS));
  }

  @Test
  void capitalsAreNoDifference() {
    assertEquals(Optional.of("events"), Nearest.to("EVENTS", KEYS));
  }

  @Test
  void theOneWithTheFewestChangesWinsAndOfTwoTheFirst() {
    assertEquals(
        Optional.of("job-ticket"), Nearest.to("job-tickets", List.of("job-tick", "job-ticket")));
    assertEquals(Optional.of("cat"), Nearest.to("bat", List.of("cat", "hat")));
  }

  @Test
  void whatIsLikeNothingHasNoNearest() {
    assertEquals(Optional.empty(), Nearest.to("warehouse", KEYS));
    assertEquals(Optional.empty(), Nearest.to("xyz", KEYS));
    assertEquals(Optional.empty(), Nearest.to("", KEYS));
    assertEquals(Optional.empty(), Nearest.to("token", List.of()));
  }

  @Test
  void aVeryLongTextCostsNothing() {
    assertEquals(Optional.empty(), Nearest.to("x".repeat(10_000_000), KEYS));
  }
}

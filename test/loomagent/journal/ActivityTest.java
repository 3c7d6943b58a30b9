package loomagent.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class ActivityTest {
  private static final Instant NOON = Instant.parse("2026-03-04T12:00:00Z");

  private final Activity activity = new Activity();

  private void took(String time) {
    activity.add(Instant.parse(time).toEpochMilli());
  }

  private List<Long> last(int spans, Instant now) {
    List<Long> all = activity.recent(now).events();
    assertEquals(288, all.size());
    return all.subList(all.size() - spans, all.size());
  }

  @Test
  void eventsAreCountedByTheFiveMinutesInWhichTheyCame() {
    took("2026-03-04T11:54:59.999Z");
    took("2026-03-04T11:55:00Z");
    took("2026-03-04T11:59:59.999Z");
    took("2026-03-04T12:00:00Z");
    assertEquals(List.of(1L, 2L, 1L), last(3, NOON));
    assertEquals(Instant.parse("2026-03-04T12:05:00Z"), activity.recent(NOON).to());
  }

  @Test
  void whatIsOlderThanADayIsForgotten() {
    took("2026-03-04T12:00:00Z");
    Instant later = NOON.plus(Duration.ofDays(1)).minusSeconds(1);
    assertEquals(1L, activity.recent(later).events().get(0));
    assertEquals(0, sum(NOON.plus(Duration.ofDays(1))));
    took("2026-03-06T12:00:00Z");
    assertEquals(1, sum(NOON.plus(Duration.ofDays(2))));
  }

  @Test
  void aClockThatIsSetBackCountsOnWithinTheDayAndNotBeforeIt() {
    took("2026-03-04T12:00:00Z");
    took("2026-03-04T11:00:00Z");
    took("2026-03-01T11:00:00Z");
    took("2026-03-03T12:00:00Z"); // it would be counted as if it came now
    assertEquals(2, sum(NOON));
    assertEquals(1L, last(13, NOON).get(0));
  }

  private long sum(Instant now) {
    return activity.recent(now).events().stream().mapToLong(Long::longValue).sum();
  }
}

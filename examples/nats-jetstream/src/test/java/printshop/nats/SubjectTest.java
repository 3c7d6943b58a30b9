package printshop.nats;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import loomagent.Event;
import org.junit.jupiter.api.Test;

class SubjectTest {
  private static String of(String template, String name) {
    return new Subject(template).of(Event.of("1", name, "{}", "berlin"));
  }

  @Test
  void anEventsNameBecomesWordsAndDots() {
    assertEquals("loom.mission_control.job_added", of("loom.{name}", "mission_control.job_added"));
    assertEquals("a.berlin.b.c", of("a.{connection}.{name}", "b.c"));
    assertEquals("fixed", of("fixed", "b.c"));
    assertEquals("loom.a_b._.c__", of("loom.{name}", "a b..c>*"));
    assertEquals("loom._", of("loom.{name}", ""));
    assertEquals("loom._._", of("loom.{name}", "."));
    assertEquals(205, of("loom.{name}", "x".repeat(9_000)).length());
  }

  @Test
  void aStreamHasToTakeAllOfThem() {
    Subject subject = new Subject("loom.{connection}.{name}");
    assertEquals("loom.*.>", subject.all());
    for (String wider : List.of(">", "loom.>", "loom.*.>", "*.>", "*.*.>")) {
      assertTrue(subject.isWithin(wider), wider);
    }
    for (String other : List.of("loom.berlin.>", "loom.*", "loom.*.*", "loom", "shop.>")) {
      assertFalse(subject.isWithin(other), other);
    }
  }

  @Test
  void whatIsNoSubjectIsRefused() {
    for (String wrong :
        List.of("", "a b", "a..b", ".a", "a.>", "*", "{name}.x", "a{name}", "{subject}", "a.")) {
      assertThrows(IllegalArgumentException.class, () -> new Subject(wrong), wrong);
    }
  }

  @Test
  void aSettingThatIsWrongIsNamedBeforeAnyConnection() {
    for (Map.Entry<String, String> wrong :
        Map.of("sream", "X", "subject", "a b", "duplicates", "2", "keep", "1h").entrySet()) {
      Exception refusal =
          assertThrows(
              IllegalArgumentException.class,
              () -> new NatsJetstreamHandler().open(new Context(Map.ofEntries(wrong))));
      assertTrue(refusal.getMessage().contains(wrong.getKey()), refusal.getMessage());
    }
  }
}

package loomagent.agent;

import java.time.Instant;
import java.util.List;
import loomagent.config.EventGlobs;
import loomagent.journal.Entry;

/**
 * Which of the journal's events somebody asks for.
 *
 * @param id of one event; "" for any
 * @param since when it was journaled, at the earliest
 * @param until when it was journaled, at the latest
 * @param names which names
 */
public record Selection(String id, Instant since, Instant until, EventGlobs names) {

  /** Every event. */
  public static final Selection ALL =
      new Selection("", Instant.MIN, Instant.MAX, EventGlobs.parse("*"));

  /** How many words {@link #words} gives. */
  static final int WORDS = 4;

  /** As it goes over the control socket. */
  public List<String> words() {
    return List.of(id, since.toString(), until.toString(), names.toString());
  }

  /** From what {@link #words} gave. */
  static Selection of(List<String> words) {
    return new Selection(
        words.get(0),
        Instant.parse(words.get(1)),
        Instant.parse(words.get(2)),
        EventGlobs.parse(words.get(3)));
  }

  /** Whether an event is meant. */
  public boolean takes(Entry entry) {
    Instant time = entry.time();
    return (id.isEmpty() || id.equals(entry.event().id()))
        && !time.isBefore(since)
        && !time.isAfter(until)
        && names.matches(entry.event().name());
  }
}

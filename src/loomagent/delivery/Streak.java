package loomagent.delivery;

import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import loomagent.Event;
import loomagent.RetryLater;
import loomagent.Undeliverable;
import loomagent.base.Words;

/**
 * What is said of a handler that fails: the 1st, 2nd, 4th … time of the same words, and once when
 * all is well again. Under its owner's lock.
 */
final class Streak {

  /** Kinds of failure counted apart; a handler with more of them says more. */
  private static final int MOST_KINDS = 16;

  private static final int EXCERPT = 300;

  /** Each is said of so many dead letters; of more, the 64th, 128th and so on: a target is down. */
  private static final int EACH_LETTER = 50;

  private final String handler;
  private final System.Logger log;
  private final Map<String, Long> kinds = new LinkedHashMap<>();
  private long failures;
  private long since;
  private long batches; // that failed
  private boolean full; // said since all was well
  private long letters;
  private long unwritten; // failures in a row to write a dead letter

  Streak(String handler, System.Logger log) {
    this.handler = handler;
    this.log = log;
  }

  /** One line. The exception may be of the handler's making, and throw in its turn. */
  static String words(Throwable failure) {
    return words(failure, EXCERPT);
  }

  /** One line of so many characters. */
  static String words(Throwable failure, int most) {
    try {
      String text = failure.getMessage();
      if (text != null && !text.isBlank()) {
        String kind = failure.getClass().getSimpleName();
        boolean meantForPeople =
            failure instanceof IllegalArgumentException
                || failure instanceof RetryLater
                || failure instanceof Undeliverable
                || kind.isEmpty();
        return Words.line(meantForPeople ? text : kind + ": " + text, most);
      }
    } catch (Throwable wordless) {
      // its name has to do
    }
    return failure.getClass().getName();
  }

  boolean failing() {
    return failures > 0;
  }

  void failed(Event event, String words, Duration wait, long now) {
    if (failures++ == 0) {
      since = now;
    }
    if (kinds.size() >= MOST_KINDS && !kinds.containsKey(words)) {
      kinds.remove(kinds.keySet().iterator().next());
    }
    long same = kinds.merge(words, 1L, Long::sum);
    if (Long.bitCount(same) == 1) { // the 1st, 2nd, 4th, 8th … of the same
      log.log(
          Level.ERROR,
          "did not take {0}{1}{2}; it comes again in {3}: {4}",
          Words.line(event.toString(), EXCERPT),
          event.attempt() == 1 ? "" : " at attempt " + event.attempt(),
          same == 1 ? "" : ", failure " + same + " of this kind",
          Words.of(wait),
          words);
    }
  }

  /** An event was taken, and none waits to be tried again. */
  void recovered(long now) {
    if (failures > 0) {
      log.log(
          Level.INFO,
          "takes events again after {0}, {1}",
          Words.of(Duration.ofNanos(now - since)),
          Words.count(failures, "attempt"));
      failures = 0;
      full = false;
      kinds.clear();
    }
  }

  /** Events that were given together come one by one. */
  void batchFailed(int events, String words) {
    if (Long.bitCount(++batches) == 1) {
      log.log(
          Level.WARNING,
          "did not take {0} at once{1}; they come one by one: {2}",
          Words.count(events, "event"),
          batches == 1 ? "" : ", batch " + batches + " that failed",
          words);
    }
  }

  /** All that may be read waits for what failed. */
  void full(int events) {
    if (!full) {
      full = true;
      log.log(
          Level.WARNING,
          "{0} wait behind those of their key that fail; the rest waits until one of these is"
              + " taken",
          Words.count(events, "event"));
    }
  }

  void gaveUp(DeadLetters.Letter letter) {
    unwritten = 0;
    letters++;
    boolean many = letters > EACH_LETTER;
    if (!many || Long.bitCount(letters) == 1) {
      log.log(
          Level.ERROR,
          "gave up {0} after {1}: {2}. It is kept: \"dead list --handler {3}\" shows {4}",
          Words.line(letter.event().toString(), EXCERPT),
          Words.count(letter.attempts(), "attempt"),
          letter.error(),
          handler,
          many ? "it and the " + (letters - 1) + " before it since the start" : "it");
    }
  }

  void unwritten(DeadLetters.Letter letter, String fault) {
    if (Long.bitCount(++unwritten) == 1) {
      log.log(
          Level.ERROR,
          "{0} was given up, and waits because its dead letter cannot be written: {1}",
          Words.line(letter.event().toString(), EXCERPT),
          fault);
    }
  }
}

package loomagent.agent;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import loomagent.Event;
import loomagent.base.Disk;
import loomagent.base.Words;
import loomagent.delivery.DeadLetters;
import loomagent.delivery.Delivery;

/** What a person does with dead letters: one at a time. */
final class LetterOperations {

  private static final int OK = 0;
  private static final int USAGE = 64;
  private static final int UNREACHABLE = 69;

  private static final String NONE = "there is no such dead letter";

  /** Letters that are settled in one rewriting of their file. */
  private static final int BATCH = 1_000;

  private final Layout layout;
  private final Deliveries deliveries;
  private final Handing handing;
  private final System.Logger log;

  LetterOperations(Layout layout, Deliveries deliveries, Handing handing, System.Logger log) {
    this.layout = layout;
    this.deliveries = deliveries;
    this.handing = handing;
    this.log = log;
  }

  synchronized int retry(String handler, String id, Consumer<String> out, Consumer<String> err)
      throws IOException, InterruptedException {
    long delivered = 0;
    long failed = 0;
    for (String name : handlers(handler)) {
      Optional<Route> found = deliveries.find(name);
      if (found.isEmpty()) {
        long letters = count(name, id);
        failed += letters;
        if (letters > 0) {
          err.accept(Operations.unknown(name));
        }
        continue;
      }
      if (Operations.isPaused(found.get(), err)) {
        failed += count(name, id);
        continue;
      }
      // Those that fail again stay where they are, so that the next ones lie behind them.
      long kept = 0;
      List<DeadLetters.Letter> some = letters(name, id, kept);
      while (!some.isEmpty()) {
        long dead = retry(found.get(), some, err);
        delivered += some.size() - dead;
        kept += dead;
        some = letters(name, id, kept);
      }
      failed += kept;
    }
    if (delivered + failed == 0) {
      err.accept(NONE);
      return id.isEmpty() ? OK : USAGE;
    }
    out.accept(
        Words.count(delivered, "dead letter")
            + " delivered"
            + (failed == 0 ? "" : ", " + failed + " still dead"));
    return failed == 0 ? OK : UNREACHABLE;
  }

  private long retry(Route route, List<DeadLetters.Letter> letters, Consumer<String> err)
      throws IOException, InterruptedException {
    Set<String> done = new HashSet<>();
    Map<String, String> failures = new HashMap<>();
    Set<String> refused = new HashSet<>(); // no attempt, so nothing to note
    for (DeadLetters.Letter letter : letters) {
      String id = letter.event().id();
      try {
        Event event = letter.event().at(letter.attempts() + 1, true);
        Optional<String> failure = handing.give(route.name(), to -> to.replayOnce(event), err);
        failure.ifPresentOrElse(
            why -> {
              if (Delivery.isRefusal(failure)) {
                refused.add(id);
              } else {
                failures.put(id, why);
              }
              err.accept(Words.line(event + ": " + why, 500));
            },
            () -> done.add(id));
      } catch (ExecutionException fault) {
        throw new IllegalStateException(fault.getCause());
      }
    }
    route.letters().revise(letter -> revised(letter, done, failures));
    return letters.stream()
        .map(letter -> letter.event().id())
        .filter(id -> failures.containsKey(id) || refused.contains(id))
        .count();
  }

  private static Optional<DeadLetters.Letter> revised(
      DeadLetters.Letter letter, Set<String> done, Map<String, String> failures) {
    String id = letter.event().id();
    if (done.contains(id)) {
      return Optional.empty();
    }
    String why = failures.get(id);
    return Optional.of(
        why == null
            ? letter
            : new DeadLetters.Letter(
                letter.time(), letter.sequence(), letter.attempts() + 1, why, letter.event()));
  }

  synchronized int discard(String handler, String id, Consumer<String> out, Consumer<String> err)
      throws IOException {
    long discarded = 0;
    for (String name : handlers(handler)) {
      if (count(name, id) > 0) {
        discarded +=
            file(name)
                .revise(letter -> isMeant(letter, id) ? Optional.empty() : Optional.of(letter));
      }
    }
    if (discarded == 0) {
      err.accept(NONE);
      return id.isEmpty() ? OK : USAGE;
    }
    out.accept(Words.count(discarded, "dead letter") + " discarded");
    return OK;
  }

  List<String> handlers(String handler) throws IOException {
    return handler.isEmpty() ? List.copyOf(layout.handlers()) : List.of(handler);
  }

  /** At most a batch of them, behind the first few. */
  private List<DeadLetters.Letter> letters(String handler, String id, long behind)
      throws IOException {
    List<DeadLetters.Letter> letters = new ArrayList<>();
    AtomicLong passed = new AtomicLong();
    DeadLetters.read(
        layout.dead(handler),
        letter -> {
          if (isMeant(letter, id) && passed.incrementAndGet() > behind) {
            letters.add(letter);
          }
          return letters.size() < BATCH;
        });
    return letters;
  }

  long count(String handler, String id) throws IOException {
    AtomicLong count = new AtomicLong();
    DeadLetters.read(
        layout.dead(handler),
        letter -> {
          count.addAndGet(isMeant(letter, id) ? 1 : 0);
          return true;
        });
    return count.get();
  }

  private static boolean isMeant(DeadLetters.Letter letter, String id) {
    return id.isEmpty() || id.equals(letter.event().id());
  }

  /** Also of a handler that was removed. */
  private DeadLetters file(String handler) throws IOException {
    Optional<Route> running = deliveries.find(handler);
    return running.isPresent()
        ? running.get().letters()
        : DeadLetters.open(layout.dead(handler), Disk.REAL, log);
  }
}

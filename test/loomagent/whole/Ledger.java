package loomagent.whole;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import loomagent.Event;

/**
 * What each handler was given, and whether it should have been: an event that Loom has, unchanged,
 * of its own, safe on disk by then, in order, and not again but for a reason.
 */
final class Ledger {

  /** One event and one handler. */
  private static final class Fate {
    int failed;
    boolean inHand;
    boolean taken;
    boolean mayRepeat;
    String key = "";
    int place;
  }

  private final World world;
  private final Map<String, Map<String, Fate>> fates = new TreeMap<>();
  private final Map<Thread, List<Fate>> hands = new LinkedHashMap<>(); // what each thread had last
  private final Map<String, Integer> places = new HashMap<>(); // the last one of a handler's key
  private final Set<String> deleted = new HashSet<>();
  private final Map<String, Long> counts = new TreeMap<>();

  Ledger(World world) {
    this.world = world;
  }

  void count(String what) {
    counts.merge(what, 1L, Long::sum);
  }

  Map<String, Long> counts() {
    return counts;
  }

  private Fate fate(String handler, String id) {
    return fates
        .computeIfAbsent(handler, unused -> new HashMap<>())
        .computeIfAbsent(id, unused -> new Fate());
  }

  /** A handler is given events. */
  void given(Shop.Counter handler, List<Event> events) {
    List<Fate> hand = new ArrayList<>();
    for (Event event : events) {
      String what = handler.name() + " was given " + event.id();
      Published known =
          world.loom.published().stream()
              .filter(each -> each.id().equals(event.id()))
              .findFirst()
              .orElse(null);
      if (known == null || !known.own() || !handler.wants(event.name())) {
        world.schedule.fail(what + ", which is not for it");
        return;
      }
      world.check(known.json().equals(event.json()), what + " changed: " + event.json());
      Fate fate = fate(handler.name(), event.id());
      world.check(!fate.inHand, what + ", which another of its threads has in hand");
      fate.key = "";
      if (!deleted.contains(event.id())) {
        world.check(world.mounted().isSafe(event.id()), what + " before it was safe on disk");
        world.check(!fate.taken || fate.mayRepeat, what + ", which it had taken");
        fate.key = handler.name() + " " + handler.key(event);
        fate.place = world.mounted().place(event.id());
        int last = places.getOrDefault(fate.key, -1);
        boolean before = fate.place == PlainDisk.BEFORE;
        world.check(
            before || fate.place >= last, what + ", number " + fate.place + ", after " + last);
        places.put(fate.key, before ? last : fate.place);
      }
      fate.inHand = true;
      hand.add(fate);
      world.schedule.note(event.id().hashCode());
    }
    hands.put(Thread.currentThread(), hand);
    world.log.detail(() -> handler.name() + " is given " + events);
    count("events given");
  }

  /**
   * The journal has deleted an event before its time, to make room on a full disk. Another process
   * does not know its id, and after a power cut it may even be back.
   */
  void deleted(String id) {
    deleted.add(id);
  }

  /**
   * A handler is done with what it was given.
   *
   * @param good whether it took it
   * @param late whether that may be too late to count
   */
  void done(boolean good, boolean late) {
    world.log.detail(() -> Thread.currentThread().getName() + (good ? " took it" : " failed"));
    for (Fate fate : hands.getOrDefault(Thread.currentThread(), List.of())) {
      fate.inHand = false;
      if (good) {
        fate.taken = true;
        fate.mayRepeat = late;
      } else {
        fate.failed++;
        comesAgain(fate);
      }
    }
  }

  private void comesAgain(Fate fate) {
    if (!fate.key.isEmpty()) {
      places.merge(fate.key, fate.place, Math::min);
    }
  }

  /** It is given to another thread while this one hangs. */
  void late() {
    for (Fate fate : hands.getOrDefault(Thread.currentThread(), List.of())) {
      fate.inHand = false;
      comesAgain(fate);
    }
  }

  /** The process has ended by itself, or not: then what was in hand may come again. */
  void processEnded() {
    for (List<Fate> hand : hands.values()) {
      for (Fate fate : hand) {
        fate.inHand = false;
        fate.mayRepeat = true;
      }
    }
    hands.clear();
    places.clear();
  }

  /** All threads of the handlers had ended before their process did. */
  void endedInOrder() {
    hands.values().removeIf(hand -> hand.stream().noneMatch(fate -> fate.inHand));
  }

  /** How far the handlers were may be forgotten. */
  void powerCut() {
    fates.values().forEach(each -> each.values().forEach(fate -> fate.mayRepeat = true));
  }

  /** What a handler still has to be given, or to give up. */
  Set<String> missing(Shop.Counter handler, Set<String> dead) {
    Set<String> missing = new HashSet<>();
    for (Published event : world.loom.published()) {
      if (event.own() && handler.wants(event.name())) {
        Fate fate = fate(handler.name(), event.id());
        boolean gaveUp = dead.contains(event.id());
        world.check(
            !gaveUp || fate.failed > 0,
            event.id() + " is dead for " + handler.name() + ", untried");
        if (!fate.taken && !gaveUp) {
          missing.add(event.id());
        }
      }
    }
    return missing;
  }
}

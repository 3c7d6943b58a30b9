package loomagent.agent;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import loomagent.Event;
import loomagent.base.Words;
import loomagent.cable.Connection;
import loomagent.cable.Failure;
import loomagent.cable.Subscription.State;
import loomagent.json.Envelope;

/**
 * What a connection tells: events go to the handlers that want them, the rest becomes the log that
 * an operator reads. The connection's thread only, but for the counters.
 */
final class Intake implements Connection.Listener {

  private final Connection.Settings settings;
  private final List<Route> routes;
  private final DataFolder folder;
  private final Clock clock;
  private final System.Logger log;
  private final Consumer<State> watcher;

  private final AtomicLong received = new AtomicLong();
  private final AtomicLong unwanted = new AtomicLong();
  private long aside;

  private boolean wasLive;
  private Instant downSince = Instant.EPOCH; // when anything last arrived before the first failure
  private long failures; // since the last time LIVE
  private String lastFailure = "";

  Intake(
      Connection.Settings settings,
      List<Route> routes,
      DataFolder folder,
      Clock clock,
      System.Logger log,
      Consumer<State> watcher) {
    this.settings = settings;
    this.routes = List.copyOf(routes);
    this.folder = folder;
    this.clock = clock;
    this.log = log;
    this.watcher = watcher;
  }

  long received() {
    return received.get();
  }

  long unwanted() {
    return unwanted.get();
  }

  @Override
  public void event(Envelope frame) {
    received.incrementAndGet();
    String name = frame.name();
    Event event = Event.of(frame.id(), name, frame.messageText(), settings.name());
    boolean wanted = false;
    for (Route route : routes) {
      if (route.events().matches(name)) {
        route.lane().offer(event);
        wanted = true;
      }
    }
    if (!wanted) {
      unwanted.incrementAndGet();
      log.log(Level.DEBUG, "no handler takes {0}", Words.line(event.toString(), 200));
    }
  }

  @Override
  public void aside(String text, String reason) {
    aside++;
    try {
      if (folder.aside(text, reason, clock.instant())) {
        log.log(Level.WARNING, "a message is no event: {0}. Kept in aside.ndjson", reason);
      } else if (Long.bitCount(aside) == 1) {
        log.log(
            Level.WARNING,
            "{0} so far were no events. aside.ndjson is full: look at it, then move it away",
            Words.count(aside, "message"));
      }
    } catch (IOException disk) {
      log.log(
          Level.ERROR,
          "a message is no event: {0}. It could not be kept ({1}): {2}",
          reason,
          disk.getMessage(),
          Words.line(text, 500));
    }
  }

  @Override
  public void became(State state, String reason) {
    if (state == State.LIVE) {
      ready();
    }
    log.log(Level.DEBUG, "{0}: {1}", state, reason);
    watcher.accept(state);
  }

  @Override
  public void failed(Failure failure, Duration next, Duration silence) {
    failures++;
    if (failures == 1) {
      downSince = clock.instant().minus(silence);
    }
    String line = failure.text() + ". Next try " + (next.isZero() ? "now" : "in " + Words.of(next));
    boolean loud = failure.kind() != Failure.Kind.UNREACHABLE;
    if (loud || !failure.text().equals(lastFailure)) {
      log.log(loud ? Level.ERROR : Level.WARNING, line);
    } else if (Long.bitCount(failures) == 1) { // the 2nd, 4th, 8th …
      log.log(Level.WARNING, line + ". That is failure " + failures + " in a row");
    } else {
      log.log(Level.DEBUG, line);
    }
    lastFailure = failure.text();
  }

  private void ready() {
    String what = String.join(", ", settings.events()) + " at " + settings.url();
    if (!wasLive) {
      log.log(Level.INFO, "Ready: subscribed to {0}", what);
    } else {
      log.log(
          Level.INFO,
          "Ready again after {0}: subscribed to {1}. What Loom sent in between did not arrive",
          Words.of(Duration.between(downSince, clock.instant())),
          what);
    }
    wasLive = true;
    failures = 0;
    lastFailure = "";
  }
}

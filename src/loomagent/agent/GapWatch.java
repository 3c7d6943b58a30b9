package loomagent.agent;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.function.Supplier;
import loomagent.Event;
import loomagent.backfill.Backfill;
import loomagent.backfill.Gap;
import loomagent.backfill.Gaps;
import loomagent.backfill.Organization;
import loomagent.backfill.Sink;
import loomagent.base.Secret;
import loomagent.base.Version;
import loomagent.config.ConnectionSettings;
import loomagent.journal.Entry;
import loomagent.journal.Journal;
import loomagent.net.Network;

/**
 * The spans in which one connection has no subscription, and the pull that closes them. The
 * connection's thread, but for what a status asks.
 */
final class GapWatch implements AutoCloseable {

  /** What was pulled is on disk within this, or the disk is in trouble and the pull waits. */
  private static final Duration FLUSH_LIMIT = Duration.ofSeconds(5);

  private final String connection;
  private final ConnectionSettings settings;
  private final Supplier<Optional<Secret>> token;
  private final Journal journal;
  private final Gaps gaps;
  private final Network network;
  private final DataFolder folder;
  private final Clock clock;
  private final System.Logger log;
  private final Optional<Backfill> backfill;
  private volatile String heard = ""; // the subject of the last event of an Organization
  private volatile boolean begun; // there were events
  private volatile boolean dated; // and the gaps know when
  private volatile boolean closing;

  GapWatch(
      ConnectionSettings settings,
      Supplier<Optional<Secret>> token,
      Link.Shared shared,
      System.Logger log) {
    this.connection = settings.name();
    this.settings = settings;
    this.token = token;
    this.journal = shared.journal();
    this.gaps = shared.gaps();
    this.network = shared.network();
    this.folder = shared.folder();
    this.clock = shared.clock();
    this.log = log;
    this.backfill = settings.backfillApp().map(app -> backfill());
    journal.newest(connection).ifPresent(last -> heard(last.event().subject()));
  }

  private Backfill backfill() {
    return new Backfill(
        pull(settings),
        credentials(settings),
        this::subject,
        gaps,
        new IntoJournal(),
        network,
        clock,
        new SplittableRandom(),
        log);
  }

  /** What is pulled for a connection. */
  static Backfill.Settings pull(ConnectionSettings settings) {
    return new Backfill.Settings(
        settings.name(),
        settings.loomApi(),
        settings.events(),
        settings.backfillMargin(),
        Version.userAgent());
  }

  /** Who pulls it; {@code backfill.app} is set. */
  static Backfill.Credentials credentials(ConnectionSettings settings) {
    return new Backfill.Credentials() {
      @Override
      public String app() {
        return settings.backfillApp().orElseThrow();
      }

      @Override
      public Secret password() throws IOException {
        return new Secret(settings.backfillPassword().orElseThrow().resolve());
      }
    };
  }

  /**
   * Whose events the connection gets: as configured, else as the token says, else as the events say
   * that have come over it.
   */
  private Optional<String> subject() {
    Optional<UUID> configured = settings.organization();
    if (configured.isPresent()) {
      return Optional.of(Organization.subject(configured.get().toString()));
    }
    return token
        .get()
        .flatMap(Organization::subject)
        .or(() -> Optional.of(heard).filter(subject -> !subject.isEmpty()));
  }

  /** An event of this subject came over the websocket. */
  void heard(String subject) {
    if (!subject.equals(heard) && subject.startsWith("Org/")) {
      heard = subject;
    }
  }

  /** Before the first dial: the time since the last process is a gap as well. */
  void begin() {
    Optional<Entry> newest = journal.newest(connection);
    Instant lastEvent = newest.map(Entry::time).orElse(Instant.MIN);
    lastKnown().ifPresent(this::known);
    Instant lastLive = gaps.lastLive(connection).orElse(Instant.MIN);
    Instant from = lastEvent.isAfter(lastLive) ? lastEvent : lastLive;
    lost(from.equals(Instant.MIN) ? clock.instant() : from);
  }

  /** There is no subscription since then, where the last event known came before that. */
  void lost(Instant from) {
    lost(from, Duration.ZERO);
  }

  /**
   * There is none since then. The last event may have come later, over another connection: it tells
   * what the time is where events come from, and the gap began so long before that.
   */
  void lost(Instant from, Duration ago) {
    Optional<Instant> before = lastKnown().map(last -> last.minus(ago));
    gaps.lost(connection, from, before, settings.backfillSince());
  }

  private Optional<Instant> lastKnown() {
    return journal.newest(connection).map(entry -> Backfill.lastKnown(entry.event(), entry.time()));
  }

  /** There was none for a while, and now there is. */
  void missed(Instant from, Duration ago) {
    lost(from, ago);
    live();
  }

  /**
   * Before an event is journaled: puts on disk what is not there yet of the gaps before it, and the
   * time of the first event of all.
   */
  void mend(String id, String name, byte[] utf8, int from, int to) {
    if (!isDated()) {
      Event event = Event.of(id, name, utf8, from, to, connection);
      known(Backfill.lastKnown(event, clock.instant()));
    }
    gaps.mend();
  }

  private void known(Instant lastKnown) {
    begun = true;
    gaps.known(connection, lastKnown);
  }

  private boolean isDated() {
    dated = dated || gaps.isDated(connection);
    return dated;
  }

  /**
   * The lowest sequence that the journal must keep: all, while nothing else tells the time where
   * events come from. This machine's clock may be far ahead, and the pull would begin too late.
   */
  long lowest() {
    return begun && !isDated() ? 0 : Long.MAX_VALUE;
  }

  /** There is one again. */
  void live() {
    lastKnown().ifPresent(this::known);
    gaps.live(connection, clock.instant());
    backfill.ifPresentOrElse(Backfill::live, () -> gaps.noCredentials(connection));
  }

  /** The latest gaps, oldest first. */
  List<Gap> recent(int most) {
    return gaps.recent(connection, most);
  }

  /** Events that only the pull brought, since the start. */
  long recovered() {
    return backfill.map(Backfill::recovered).orElse(0L);
  }

  /** What of its thread does not work any more. */
  Optional<String> fault() {
    return backfill.flatMap(Backfill::fault);
  }

  /** Whether everything that was missed has been fetched, as far as it will be. */
  boolean isIdle() {
    return backfill.isEmpty() || gaps.open(connection).isEmpty();
  }

  @Override
  public void close() {
    closing = true;
    backfill.ifPresent(Backfill::close);
  }

  /** Where pulled events go. The backfill's thread. */
  private final class IntoJournal implements Sink {

    @Override
    public Taken take(String id, String name, byte[] utf8, int from, int to) {
      mend(id, name, utf8, from, to);
      return switch (journal.append(connection, id, name, utf8, from, to)) {
        case NEW -> Taken.NEW;
        case DUPLICATE -> Taken.DUPLICATE;
        case REFUSED -> Taken.REFUSED;
      };
    }

    @Override
    public void aside(String text, String reason) {
      try {
        if (folder.aside(text, reason, clock.instant())) {
          log.log(Level.WARNING, "something pulled is no event: {0}. Kept in aside.ndjson", reason);
        }
      } catch (IOException disk) {
        log.log(Level.ERROR, "something pulled is no event, and could not be kept", disk);
      }
    }

    @Override
    public boolean flush() throws InterruptedException {
      while (!closing) {
        if (journal.flush(FLUSH_LIMIT)) {
          return true;
        }
      }
      return false;
    }
  }
}

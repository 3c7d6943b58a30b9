package loomagent.delivery;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import loomagent.Event;
import loomagent.EventHandler;
import loomagent.HandlerContext;
import loomagent.delivery.Outstanding.Request;
import loomagent.journal.Journal;

/**
 * One handler and all that is done for it: its threads, its place in the journal, its retries and
 * dead letters. Whatever the handler does, to be slow, to hang or to throw, is a matter of this
 * delivery alone. Any thread may call it.
 *
 * <p>Attempts are counted while the agent runs: after a restart an event that was not taken is at
 * its first attempt again.
 */
public final class Delivery {

  /** Makes a handler. It runs foreign code, so anything may be thrown. */
  public interface Maker {
    /**
     * A new instance.
     *
     * @return a handler that was not opened yet
     * @throws Exception whatever its constructor throws
     */
    EventHandler make() throws Exception;
  }

  /** How a handler has done so far. */
  public enum Opening {
    /** The handler has not been asked, or has not answered. */
    PENDING,
    /** The handler takes events. */
    OPEN,
    /** A setting is wrong: {@link IllegalArgumentException}. Not tried again. */
    MISCONFIGURED,
    /** It could not be opened; tried again. */
    FAILED
  }

  /**
   * A handler, and how it wants its events.
   *
   * @param maker makes its instances, one for each lane
   * @param context what each of them is given
   * @param loader where its classes come from
   * @param policy how events are given to it
   * @param wanted which events
   */
  public record Target(
      Maker maker,
      HandlerContext context,
      ClassLoader loader,
      Policy policy,
      Predicate<Event> wanted) {}

  private final Target target;
  private final DeadLetters dead;
  private final Optional<Journal> journal;
  private final Tally tally = new Tally();
  private final Dispatch dispatch;
  private final Lanes lanes;

  /**
   * A delivery that follows the journal from the cursor on. It has not begun.
   *
   * @param target the handler
   * @param journal where its events are
   * @param cursor its place there; closed at the end
   * @param dead where the events go that it gives up
   * @param clock the time of day
   * @param random jitter; used by several threads at once
   */
  public Delivery(
      Target target,
      Journal journal,
      Cursor cursor,
      DeadLetters dead,
      Clock clock,
      RandomGenerator random) {
    this(
        target,
        Optional.of(journal),
        feed(target, journal, cursor),
        dead,
        clock,
        random,
        Watch.SHARED);
  }

  /**
   * A delivery that gives only what it is asked to {@link #replay}.
   *
   * @param target the handler
   * @param dead where the events go that it gives up
   * @param clock the time of day
   * @param random jitter; used by several threads at once
   */
  public Delivery(Target target, DeadLetters dead, Clock clock, RandomGenerator random) {
    this(target, Optional.empty(), Optional.empty(), dead, clock, random, Watch.SHARED);
  }

  Delivery(
      Target target,
      Optional<Journal> journal,
      Optional<Feed> feed,
      DeadLetters dead,
      Clock clock,
      RandomGenerator random,
      Watch watch) {
    this.target = target;
    this.journal = journal;
    this.dead = dead;
    this.dispatch = new Dispatch(target, feed, dead, clock, watch, random, tally);
    this.lanes = new Lanes(target, dispatch, watch, random);
  }

  static Optional<Feed> feed(Target target, Journal journal, Cursor cursor) {
    return Optional.of(
        new Feed(journal, cursor, target.policy(), target.wanted(), target.context().logger()));
  }

  /**
   * Counts on from another one, whose handler has the same name.
   *
   * @param before it has ended
   */
  public void countOn(Delivery before) {
    tally.countOn(before.tally);
  }

  /** Starts the first lane, which opens the handler; the others follow once it is open. */
  public void start() {
    lanes.start(journal);
  }

  /** Lets threads that wait look at the clock again, which a test has put forward. */
  void look() {
    dispatch.look();
  }

  /**
   * Waits for the handler's first answer.
   *
   * @param limit how long to wait
   * @return how it went; {@code PENDING} if there is no answer yet
   * @throws InterruptedException if the waiting thread is interrupted
   */
  public Opening awaitOpening(Duration limit) throws InterruptedException {
    return lanes.awaitOpening(limit);
  }

  /**
   * Gives the handler nothing until {@link #resume}; what it has in hand ends. Replays are refused
   * meanwhile.
   */
  public void pause() {
    dispatch.outcomes().pause(true);
  }

  /** Goes on after {@link #pause}. */
  public void resume() {
    dispatch.outcomes().pause(false);
  }

  /**
   * Whether it is paused.
   *
   * @return as of now
   */
  public boolean isPaused() {
    return dispatch.outcomes().paused();
  }

  /**
   * Begins no further delivery. Those in hand end, what is to be tried again waits at the cursor,
   * replays that wait are refused, and the handler is closed.
   */
  public void drain() {
    dispatch.outcomes().drain();
    lanes.endIfLast();
  }

  /**
   * Waits for the end after {@link #drain}. The cursor is on disk then, also if the end did not
   * come.
   *
   * @param limit how long to wait
   * @return whether the handler is done and closed
   * @throws InterruptedException if the waiting thread is interrupted
   */
  public boolean awaitEnd(Duration limit) throws InterruptedException {
    boolean done = ends(limit);
    if (!done) {
      dispatch.settle();
    }
    return done;
  }

  /**
   * As {@link #awaitEnd}, for one who will ask again: nothing is put on disk for it.
   *
   * @param limit how long to wait
   * @return whether the handler is done and closed
   * @throws InterruptedException if the waiting thread is interrupted
   */
  public boolean ends(Duration limit) throws InterruptedException {
    return lanes.awaitEnd(limit);
  }

  /**
   * Interrupts what is in hand, after {@link #drain}: what so fails waits at the cursor. What was
   * done already counts.
   */
  public void interrupt() {
    dispatch.interrupt();
  }

  /**
   * Whether nobody takes events here any more.
   *
   * @return true after the end, and for one whose handler can never be opened
   */
  public boolean isEnded() {
    return lanes.ended();
  }

  /**
   * Leaves threads that are still at something to themselves, after {@link #drain}. Whatever they
   * do, the cursor rests; what they have in hand comes again to whoever follows.
   */
  public void abandon() {
    dispatch.abandonAll();
    lanes.endIfLast();
  }

  /**
   * Gives the handler an event once more, between those of the journal. It is retried and becomes a
   * dead letter like any other; its attempts go on from {@link Event#attempt}.
   *
   * @param event an event as it was
   * @return empty once the event was taken; else why it is a dead letter, or was refused because
   *     the handler ends or too many replays wait. Completed by the handler's thread
   */
  public CompletableFuture<Optional<String>> replay(Event event) {
    return replay(event, false);
  }

  /**
   * As {@link #replay}, but the first failure is the answer: no retry, no dead letter.
   *
   * @param event an event as it was
   * @return empty once the event was taken, else why not
   */
  public CompletableFuture<Optional<String>> replayOnce(Event event) {
    return replay(event, true);
  }

  /**
   * Whether an answer to a replay says that the handler was never given the event, as it ends or is
   * paused.
   *
   * @param answer as {@link #replay} gives it
   */
  public static boolean isRefusal(Optional<String> answer) {
    return answer.filter(Outcomes::isRefusal).isPresent();
  }

  private CompletableFuture<Optional<String>> replay(Event event, boolean once) {
    CompletableFuture<Optional<String>> answer = new CompletableFuture<>();
    dispatch.outcomes().replay(event, new Request(answer, once));
    return answer;
  }

  /**
   * The handler's name.
   *
   * @return as in the configuration
   */
  public String name() {
    return target.context().name();
  }

  /**
   * Whether the handler takes events.
   *
   * @return how it went so far
   */
  public Opening opening() {
    return lanes.opening();
  }

  /**
   * What last went wrong.
   *
   * @return one line, or ""
   */
  public String lastError() {
    return tally.lastError;
  }

  /**
   * What is counted.
   *
   * @return goes on counting
   */
  public Tally tally() {
    return tally;
  }

  /**
   * How many events the handler took.
   *
   * @return since the start
   */
  public long delivered() {
    return tally.delivered();
  }

  /**
   * When the journal took the first of the events that wait.
   *
   * @return empty if none waits, or none was read yet, as while the handler is not open
   */
  public Optional<Instant> waitingSince() {
    return dispatch.waitingSince();
  }

  /**
   * Where an event stands.
   *
   * @param sequence its place in the journal
   * @return as of now
   */
  public Standing standing(long sequence) {
    return dispatch.standing(sequence);
  }

  /**
   * What of its threads does not work any more, and only a restart mends.
   *
   * @return one line; empty if all is well, whatever the handler may throw
   */
  public Optional<String> fault() {
    return lanes.fault();
  }

  /**
   * How many events wait to be tried again, their own failure behind them.
   *
   * @return now
   */
  public long retrying() {
    return dispatch.retrying();
  }

  /**
   * How many dead letters there are.
   *
   * @return now, those of earlier runs included
   */
  public long dead() {
    return dead.count();
  }

  /**
   * How many events of the journal wait, those in hand included, and those not looked at yet, which
   * the handler may not want.
   *
   * @return now
   */
  public long waiting() {
    return dispatch.waiting();
  }

  /**
   * The first event of the journal that is still needed. Takes no lock.
   *
   * @return its sequence; {@code Long.MAX_VALUE} if no journal is followed
   */
  public long low() {
    return tally.low.get();
  }
}

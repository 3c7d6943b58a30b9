package loomagent.cable;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import loomagent.base.Backoff;
import loomagent.json.Envelope;

/** A subscription with a clock that tests move, and a record of all that it asked for. */
final class Scene implements Port {
  static final List<String> EVENTS =
      List.of("mission_control.job_added", "mission_control.job_updated");
  static final Duration STALE_AFTER = Duration.ofSeconds(10);

  final List<Boolean> dials = new ArrayList<>(); // whether each asked for a fresh token
  final List<Long> dialTimes = new ArrayList<>();
  final List<String> sent = new ArrayList<>();
  final List<Integer> dropped = new ArrayList<>();
  final List<Integer> closed = new ArrayList<>();
  final List<String> events = new ArrayList<>();
  final List<String> aside = new ArrayList<>();
  final List<Failure> failures = new ArrayList<>();
  final List<Duration> waits = new ArrayList<>();
  final List<Duration> silences = new ArrayList<>();
  final List<Subscription.State> states = new ArrayList<>();
  final List<String> said = new ArrayList<>();
  final Subscription subscription;

  long now = 1_000_000_007L;
  int socket;

  Scene() {
    this(Duration.ofSeconds(1), Duration.ofSeconds(60), 1);
  }

  Scene(Duration first, Duration longest, long seed) {
    subscription =
        new Subscription(
            EVENTS,
            STALE_AFTER,
            Limits.STANDARD,
            new Backoff(first, longest, new Random(seed)),
            this);
    subscription.start(now);
  }

  /** A scene that is live. */
  static Scene live() {
    Scene scene = new Scene();
    scene.goLive();
    return scene;
  }

  void goLive() {
    open();
    frame("{\"type\":\"welcome\"}");
    confirm();
  }

  void open() {
    subscription.opened(socket, now);
  }

  void confirm() {
    frame("{\"identifier\":\"{}\",\"type\":\"confirm_subscription\"}");
  }

  void ping() {
    frame("{\"type\":\"ping\",\"message\":1700000000}");
  }

  void frame(String text) {
    frameFrom(socket, text);
  }

  void frameFrom(int from, String text) {
    byte[] utf8 = text.getBytes(UTF_8);
    Envelope envelope = new Envelope();
    envelope.read(utf8, 0, utf8.length);
    subscription.frame(from, envelope, now);
  }

  void fail(String text) {
    subscription.failed(socket, Failure.unreachable(text), now);
  }

  void unauthorised() {
    fail(Failure.Kind.UNAUTHORISED, Duration.ZERO);
  }

  void fail(Failure.Kind kind, Duration pause) {
    subscription.failed(socket, new Failure(kind, "a test", pause), now);
  }

  /** Lets time pass, with a tick at each deadline on the way. */
  void pass(Duration duration) {
    long end = now + duration.toNanos();
    while (subscription.deadline() - end <= 0) {
      now = Math.max(now, subscription.deadline());
      subscription.tick(now);
    }
    now = end;
    subscription.tick(now);
  }

  /** Goes on to the next dial. */
  void redial() {
    pass(Duration.ofNanos(subscription.deadline() - now));
  }

  Subscription.State state() {
    return subscription.state();
  }

  Duration lastWait() {
    return waits.get(waits.size() - 1);
  }

  @Override
  public void dial(int number, boolean freshToken) {
    socket = number;
    dials.add(freshToken);
    dialTimes.add(now);
  }

  @Override
  public void send(int number, String text) {
    sent.add(text);
  }

  @Override
  public void drop(int number) {
    dropped.add(number);
  }

  @Override
  public void close(int number) {
    closed.add(number);
  }

  @Override
  public void event(Envelope frame) {
    events.add(frame.id());
  }

  @Override
  public void aside(Envelope frame, String reason) {
    aside.add(frame.messageText());
  }

  @Override
  public void became(Subscription.State state, String reason) {
    states.add(state);
  }

  @Override
  public void failed(Failure failure, Duration next, Duration silence) {
    failures.add(failure);
    waits.add(next);
    silences.add(silence);
  }

  @Override
  public void say(Level level, String text) {
    said.add(text);
  }
}

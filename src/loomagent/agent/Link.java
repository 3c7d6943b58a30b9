package loomagent.agent;

import java.time.Clock;
import java.time.Instant;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.function.Function;
import loomagent.auth.TokenException;
import loomagent.auth.TokenSource;
import loomagent.backfill.Gaps;
import loomagent.base.Secret;
import loomagent.base.Token;
import loomagent.cable.Connection;
import loomagent.cable.Dialler;
import loomagent.cable.NoToken;
import loomagent.cable.Subscriber;
import loomagent.cable.Subscription;
import loomagent.config.Configuration;
import loomagent.config.ConnectionSettings;
import loomagent.journal.Journal;
import loomagent.net.Network;

/**
 * One connection to Loom: its subscription and its tokens, what it tells, and its gaps. What goes
 * wrong with one is nothing to the others.
 */
final class Link {

  /** What all connections of the process have together. */
  record Shared(
      Configuration configuration,
      Network network,
      Credentials credentials,
      Dialler dialler,
      Journal journal,
      Gaps gaps,
      DataFolder folder,
      Clock clock,
      Function<String, System.Logger> loggers,
      Consumer<Subscription.State> watcher) {}

  private final ConnectionSettings settings;
  private final TokenSource tokens;
  private final GapWatch watch;
  private final Intake intake;
  private final Subscriber subscriber;

  Link(ConnectionSettings settings, Shared shared) {
    System.Logger log = shared.loggers().apply("connection." + settings.name());
    this.settings = settings;
    this.tokens = shared.credentials().source(settings);
    this.watch = new GapWatch(settings, this::secret, shared, log);
    Connection.Settings cable = cable(settings, shared.configuration());
    this.intake = new Intake(cable, watch, shared, log);
    this.subscriber = subscriber(cable, settings.standby(), tokens, shared.dialler(), intake, log);
  }

  /** A subscription as configured, that has not begun. */
  static Subscriber subscriber(
      Connection.Settings settings,
      boolean standby,
      TokenSource tokens,
      Dialler dialler,
      Connection.Listener listener,
      System.Logger log) {
    return new Subscriber(
        settings,
        standby,
        refused -> token(tokens, refused),
        dialler,
        listener,
        Clock.systemUTC(),
        SplittableRandom::new,
        log);
  }

  static Connection.Settings cable(ConnectionSettings settings, Configuration configuration) {
    return new Connection.Settings(
        settings.name(),
        settings.url(),
        settings.events(),
        configuration.reconnectFirst(),
        configuration.reconnectLongest(),
        configuration.staleAfter());
  }

  private static Token token(TokenSource tokens, boolean refused)
      throws NoToken, InterruptedException {
    try {
      return tokens.token(refused);
    } catch (TokenException none) {
      boolean operator = none.kind() == TokenException.Kind.REFUSED;
      throw new NoToken(none.getMessage(), operator, none.pause(), none);
    }
  }

  /** Before the first dial: the time since the last process is a gap as well. */
  void start() {
    watch.begin();
    subscriber.start();
  }

  /** Begins to end the subscription, so that a hundred of them end together. */
  void stop() {
    subscriber.stop();
  }

  /** Ends the subscription. What has arrived is journaled when this returns. */
  void close() {
    subscriber.close();
    watch.close();
    intake.stopped();
  }

  ConnectionSettings settings() {
    return settings;
  }

  Intake intake() {
    return intake;
  }

  GapWatch gaps() {
    return watch;
  }

  /** The token that the server has seen, if there is one yet. */
  Optional<Token> token() {
    return subscriber.token();
  }

  /** When anything last came from the server. */
  Optional<Instant> lastHeard() {
    return subscriber.lastHeard();
  }

  /** What of its threads does not work any more. */
  Optional<String> fault() {
    return subscriber.fault().or(watch::fault);
  }

  private Optional<Secret> secret() {
    return token().map(Token::secret);
  }
}

package loomagent.cable;

import java.lang.System.Logger.Level;
import java.time.Duration;
import loomagent.json.Envelope;

/** What a {@link Subscription} wants done. Called on the thread that called it. */
interface Port {
  /**
   * Open a new socket.
   *
   * @param socket its number, for all that comes from it
   * @param freshToken whether the last token was refused
   */
  void dial(int socket, boolean freshToken);

  /**
   * Send a text frame.
   *
   * @param socket where
   * @param text the frame
   */
  void send(int socket, String text);

  /**
   * Give a socket up at once, whether it is open or still being dialled.
   *
   * @param socket which
   */
  void drop(int socket);

  /**
   * Close an open socket in good manners.
   *
   * @param socket which
   */
  void close(int socket);

  /**
   * Take an event: a message with an id, in {@code frame} until this method returns.
   *
   * @param frame the frame that it came in
   */
  void event(Envelope frame);

  /**
   * Keep something aside that came as an event and is none.
   *
   * @param frame the frame that it came in
   * @param reason what is wrong with it
   */
  void aside(Envelope frame, String reason);

  /**
   * Note the new state.
   *
   * @param state where the subscription stands now
   * @param reason why, in words
   */
  void became(Subscription.State state, String reason);

  /**
   * Note a failure, just before it ends the attempt or the subscription.
   *
   * @param failure what happened
   * @param next how long until the next dial
   * @param silence how long ago anything last arrived
   */
  void failed(Failure failure, Duration next, Duration silence);

  /**
   * Write a line to the log.
   *
   * @param level how bad it is
   * @param text one line
   */
  void say(Level level, String text);
}

package loomagent.backfill;

/** Where pulled events go: the journal, which knows what it has already. The backfill's thread. */
public interface Sink {

  /** What became of an event. */
  enum Taken {
    /** It had not come before. */
    NEW,
    /** Its id was known: dropped. */
    DUPLICATE,
    /** Nothing is taken any more: the agent stops. */
    REFUSED
  }

  /**
   * Takes an event. May wait for room.
   *
   * @param id its id, not empty
   * @param name one of the names that were asked for
   * @param utf8 what holds its exact JSON; it may change after the call
   * @param from where the JSON begins
   * @param to where it ends, exclusive
   * @return what became of it
   */
  Taken take(String id, String name, byte[] utf8, int from, int to);

  /**
   * Keeps what is no event.
   *
   * @param text its JSON
   * @param reason why it is none
   */
  void aside(String text, String reason);

  /**
   * Waits until everything taken is on disk.
   *
   * @return false if that will not be: the agent stops
   * @throws InterruptedException if the thread is interrupted
   */
  boolean flush() throws InterruptedException;
}

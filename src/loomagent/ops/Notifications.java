package loomagent.ops;

import java.io.IOException;

/** Carries what systemd is to be told. */
@FunctionalInterface
interface Notifications {

  /**
   * Tells it. Takes a bounded time. By one thread.
   *
   * @param assignments as sd_notify(3) has them: {@code READY=1}, one a line, without secrets
   * @throws IOException in words, if it did not arrive
   */
  void send(String assignments) throws IOException;
}

package loomagent.simulator;

import java.io.IOException;

/**
 * What a client did wrong: answered with an HTTP status, or after the upgrade with a close code.
 */
final class Refused extends IOException {
  private static final long serialVersionUID = 1L;

  private final int code;

  Refused(int code, String message) {
    super(message);
    this.code = code;
  }

  int code() {
    return code;
  }
}

package loomagent.cable;

import static loomagent.net.Failures.cause;
import static loomagent.net.Failures.message;
import static loomagent.net.Failures.pause;
import static loomagent.net.Failures.words;

import java.net.http.HttpResponse;
import java.net.http.WebSocketHandshakeException;
import java.time.Duration;
import java.time.Instant;
import loomagent.base.Words;

/** What a dial, or an open socket, came to. */
final class Failures {
  private static final int EXCERPT = 200;
  private static final String ADDRESS = "loom.url";

  private Failures() {}

  static Failure of(Throwable thrown) {
    Throwable error = cause(thrown);
    return error instanceof WebSocketHandshakeException refused
        ? refused(refused.getResponse(), message(refused), Instant.now())
        : Failure.unreachable(words(error, ADDRESS));
  }

  static Failure closed(int status, String reason) {
    String why = reason.isBlank() ? "" : ": " + Words.line(reason, EXCERPT);
    return Failure.unreachable(
            status == 1006
                ? "the server closed the connection without a word"
                : "the server closed the connection (" + status + why + ")")
        .because("closed");
  }

  private static Failure refused(HttpResponse<?> response, String why, Instant now) {
    int status = response.statusCode();
    String text =
        switch (status) {
          case 101 ->
              "the answer to the upgrade breaks the protocol ("
                  + why
                  + "). A proxy between here and Loom may have changed it";
          case 401, 403 ->
              "the server refused the token (" + status + "): unauthorized. Check token";
          case 404 ->
              "the server answered 404: the path of loom.url may be wrong, or the server does not"
                  + " accept the Origin that goes with it";
          case 200, 400, 405, 426 ->
              "the server answered "
                  + status
                  + " and opened no websocket. Check the path of loom.url";
          default ->
              words(status, response.headers(), ADDRESS)
                  .orElse("the server refused the upgrade (" + status + ")");
        };
    Duration pause = pause(response.headers(), now);
    if (!pause.isZero()) {
      text += "; it asks to wait " + Words.of(pause);
    }
    Failure.Kind kind =
        status == 401 || status == 403 ? Failure.Kind.UNAUTHORISED : Failure.Kind.UNREACHABLE;
    return new Failure(kind, text, pause);
  }
}

package loomagent.backfill;

import java.time.Clock;
import java.time.Instant;
import loomagent.net.Network;

/** Asks the pull API one thing, to see whether it answers. */
public final class PullTrial {
  private PullTrial() {}

  /**
   * What came of it.
   *
   * @param works whether a gap could be pulled
   * @param refused if not, whether an operator has to correct the credentials
   * @param words the fact and, if it does not work, the next step
   */
  public record Outcome(boolean works, boolean refused, String words) {}

  /**
   * Asks for the events of the first name from now on: there are none, or a few. Waits for the
   * answer as a pull would.
   *
   * @param settings what to pull
   * @param credentials who pulls
   * @param network how to reach the server
   * @return what came of it
   * @throws InterruptedException if the thread is interrupted
   */
  public static Outcome ask(
      Backfill.Settings settings, Backfill.Credentials credentials, Network network)
      throws InterruptedException {
    PullApi api = new PullApi(settings, credentials, network, Clock.systemUTC(), Limits.STANDARD);
    try {
      Page page = api.get(api.first(settings.names().get(0), Instant.now()));
      String what = settings.names().get(0) + " can be pulled";
      return page.total.isEmpty()
          ? new Outcome(true, false, what)
          : new Outcome(true, false, what + ", " + page.total + " since now");
    } catch (Trouble trouble) {
      boolean refused = trouble.kind() == Trouble.Kind.SETTING;
      return new Outcome(false, refused, trouble.getMessage());
    }
  }
}

package loomagent.auth;

import java.time.Instant;
import java.util.Optional;
import loomagent.base.Token;

/** Where the access tokens of one connection come from. Any thread. */
public interface TokenSource {
  /**
   * A token to connect with. May wait, for a minute or two at the very most; one is fetched at a
   * time, however many ask, and all who waited for it get it.
   *
   * @param refused whether the server refused the last one given: it is not given again if any
   *     other can be had
   * @return one that is as good as anybody here can tell; the same as before unless it is time
   * @throws TokenException if there is none to be had now
   * @throws InterruptedException if the thread was interrupted
   */
  Token token(boolean refused) throws TokenException, InterruptedException;

  /** When the last token that was given ends; empty if that is not known or none was given. */
  Optional<Instant> expiresAt();
}

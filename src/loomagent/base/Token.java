package loomagent.base;

import java.time.Instant;
import java.util.Optional;

/**
 * An access token, and how long it is good for as far as anybody can tell: to plan with, never to
 * decide trust.
 *
 * @param secret what the server wants to see
 * @param expiresAt when it ends, by this machine's clock; absent if nothing says so
 * @param renewAt when to ask its source for the next one, which may well be the same token with a
 *     later {@code renewAt}; absent if there is nothing to ask for before it is refused
 */
public record Token(Secret secret, Optional<Instant> expiresAt, Optional<Instant> renewAt) {}

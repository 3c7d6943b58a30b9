package loomagent.auth;

import java.time.Instant;
import java.util.Optional;
import loomagent.base.Secret;

/**
 * What the Hub gave.
 *
 * @param access the access token
 * @param refresh the refresh token that came with it
 * @param from when the life of the access token began, by this machine's clock, at the latest
 * @param expiresAt when it ends, by the same clock
 */
record Grant(Secret access, Optional<Secret> refresh, Instant from, Optional<Instant> expiresAt) {}

package loomagent.auth;

import java.io.IOException;

/**
 * A setting that is looked up anew at each use, so that a rotated file takes effect. Any thread.
 *
 * @param <T> what it gives
 */
@FunctionalInterface
public interface Setting<T> {
  /**
   * What it is now.
   *
   * @throws IOException in words for an operator, which never show a secret
   */
  T get() throws IOException;
}

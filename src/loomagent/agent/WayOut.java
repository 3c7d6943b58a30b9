package loomagent.agent;

import java.io.IOException;
import java.net.URI;
import java.util.Optional;
import loomagent.base.Secret;
import loomagent.config.Configuration;
import loomagent.config.Value;
import loomagent.net.Network;

/** The network as configured: {@code proxy.*} and {@code tls.*}. */
public final class WayOut {
  private WayOut() {}

  /**
   * One for the whole process.
   *
   * @param configuration what to use
   * @param log told what an operator should know of the certificates
   * @return a network that has not connected to anything
   * @throws IOException if a file of {@code tls.*} is unusable: which, and what to do
   */
  public static Network of(Configuration configuration, System.Logger log) throws IOException {
    return Network.open(
        new Network.Settings(
            configuration.proxyUrl().map(url -> proxy(url, configuration)),
            configuration.proxyBypass(),
            configuration.tlsCa(),
            configuration.tlsClientCertificate(),
            configuration.tlsClientKey()),
        log);
  }

  private static Network.Proxy proxy(URI url, Configuration configuration) {
    Optional<Value> password = configuration.proxyPassword();
    return new Network.Proxy(
        url, configuration.proxyUser().flatMap(user -> password.map(value -> login(user, value))));
  }

  private static Network.Login login(String user, Value password) {
    return new Network.Login() {
      @Override
      public String user() {
        return user;
      }

      @Override
      public Secret password() throws IOException {
        return new Secret(password.resolve());
      }
    };
  }
}

package loomagent.simulator;

import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/** The simulated Hub, seen from a test: who may ask, who asked, and what becomes of tokens. */
public final class Hub {
  private final URI url;
  private final Settings.Hub settings;
  private final Tokens tokens;
  private final Scripts asks = new Scripts(Script.TOKENS);
  private final AtomicInteger now = new AtomicInteger();
  private final AtomicInteger most = new AtomicInteger();

  Hub(URI url, Settings settings) {
    this.url = url;
    this.settings = settings.hub();
    this.tokens = new Tokens(settings);
  }

  /** Where it is, as {@code hub.url} wants it: {@code http://127.0.0.1:PORT}. */
  public URI url() {
    return url;
  }

  /** The id of its one client. */
  public String clientId() {
    return settings.id();
  }

  /** The client's secret: the one made up at start, or the one set. */
  public String clientSecret() {
    return settings.secret();
  }

  /** Makes a refresh token as a login by browser would give: for a setting. */
  public String refreshToken(String organization) {
    return tokens.refresh(organization);
  }

  /** From now on a token, access or refresh, is worth nothing. */
  public void revoke(String token) {
    tokens.revoke(token);
  }

  /**
   * Somebody approves a device, or declines it.
   *
   * @return whether a device with this code waits
   */
  public boolean approve(String userCode, boolean yes) {
    return tokens.approve(userCode, yes);
  }

  /** These scripts play the next requests, one each, in turn. */
  public void next(Script... scripts) {
    asks.next(scripts);
  }

  /** This script plays every one that {@link #next} does not; {@link Script#TOKENS} at first. */
  public void always(Script script) {
    asks.always(script);
  }

  /** How many requests there were so far. */
  public long asks() {
    return asks.count();
  }

  /** The last thousand of those, oldest first. */
  public List<Request> requests() {
    return asks.requests();
  }

  /** How many of those were under way at once, at the most. */
  public int asksAtOnce() {
    return most.get();
  }

  Tokens tokens() {
    return tokens;
  }

  void answer(Peer peer) throws IOException {
    asks.heard(peer.request());
    most.accumulateAndGet(now.incrementAndGet(), Math::max);
    AtomicBoolean underWay = new AtomicBoolean(true);
    Runnable over =
        () -> {
          if (underWay.getAndSet(false)) {
            now.decrementAndGet();
          }
        };
    peer.beforeAnswer(over);
    try {
      asks.take().run(peer);
    } finally {
      over.run();
    }
  }
}

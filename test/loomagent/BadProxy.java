package loomagent;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Passes bytes on from a loopback port to another, and does to them what bad networks do, at a byte
 * that a seed chooses, in both directions. Healthy until {@link #spoil}, and after {@link #heal}.
 */
final class BadProxy implements AutoCloseable {
  /** What becomes of a connection, or of the bytes on it. */
  enum Fault {
    /** A FIN to both ends. */
    CUT,
    /** A RST to both ends. */
    RESET,
    /** Nothing more passes, either way, and nobody is told for a while. */
    STALL,
    /** A byte at a time. */
    DRIP,
    /** A pause, after which all goes on. */
    DELAY,
    /** The same bytes twice. */
    DUPLICATE,
    /** A bit is another one. */
    FLIP
  }

  /** Behind which a fault strikes: half of them in the first hundreds, where the handshakes are. */
  private static final int LATEST_DOWN = 100_000;

  private static final int LATEST_UP = 2_000;
  private static final int MOST_DRIPS = 300;
  private static final int MOST_DELAY = 300; // in milliseconds
  private static final int MOST_TWICE = 1_500;

  private final ServerSocket server;
  private final int target;
  private final double calm;
  private final Duration stall;
  private final Bag down;
  private final Bag up;
  private final Map<Fault, Integer> struck = new EnumMap<>(Fault.class); // its monitor guards it
  private final Set<Link> open = Collections.synchronizedSet(new HashSet<>());
  private final AtomicInteger accepted = new AtomicInteger();
  private volatile boolean bad;

  private BadProxy(
      int target, Set<Fault> down, Set<Fault> up, double calm, Duration stall, long seed)
      throws IOException {
    this.server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    this.target = target;
    this.calm = calm;
    this.stall = stall;
    Random random = new Random(seed);
    this.down = new Bag(down, LATEST_DOWN, random.nextLong());
    this.up = new Bag(up, LATEST_UP, random.nextLong());
    start("bad-proxy", this::accept);
  }

  /**
   * Starts on a port that is free.
   *
   * @param target a port on loopback
   * @param down what befalls what the server says
   * @param up what befalls what the client says
   * @param calm which part of the connections is spared on the way down, 0 to 1
   * @param stall how long nobody is told of a stall, at the most
   */
  static BadProxy start(
      int target, Set<Fault> down, Set<Fault> up, double calm, Duration stall, long seed)
      throws IOException {
    return new BadProxy(target, down, up, calm, stall, seed);
  }

  int port() {
    return server.getLocalPort();
  }

  /** How many connections have been asked for. */
  int accepted() {
    return accepted.get();
  }

  /** From now on connections, old and new, come to harm. */
  void spoil() {
    bad = true;
  }

  /** From now on nothing happens any more; what is stalled stays so, as long as it would. */
  void heal() {
    bad = false;
  }

  /** Every connection that there is stalls, for as long as the client holds it. */
  void stall() {
    for (Link link : List.copyOf(open)) {
      count(Fault.STALL);
      link.stall();
    }
  }

  /** How often each has struck so far. */
  Map<Fault, Integer> struck() {
    synchronized (struck) {
      return new EnumMap<>(struck);
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    List.copyOf(open).forEach(Link::reset);
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket client = server.accept();
        int number = accepted.incrementAndGet();
        try {
          Link link = new Link(client, new Socket(InetAddress.getLoopbackAddress(), target));
          open.add(link);
          start("bad-proxy-down-" + number, () -> link.pass(link.server, link.client, down));
          start("bad-proxy-up-" + number, () -> link.pass(link.client, link.server, up));
        } catch (IOException noServer) {
          client.close();
        }
      } catch (IOException closed) {
        // the loop ends, or the next one comes
      }
    }
  }

  private void count(Fault fault) {
    synchronized (struck) {
      struck.merge(fault, 1, Integer::sum);
    }
  }

  private static void start(String name, Runnable work) {
    Thread thread = new Thread(work, name);
    thread.setDaemon(true);
    thread.start();
  }

  /** What is to happen next in a direction; none is left out for long. */
  private static final class Bag {
    private final List<Fault> kinds;
    private final int latest;
    private final Random random; // the monitor guards it, and what is left
    private final Deque<Fault> left = new ArrayDeque<>();

    Bag(Set<Fault> kinds, int latest, long seed) {
      this.kinds = List.copyOf(kinds);
      this.latest = latest;
      this.random = new Random(seed);
    }

    synchronized Fault next() {
      if (left.isEmpty()) {
        List<Fault> all = new ArrayList<>(kinds);
        all.addAll(kinds);
        all.remove(Fault.STALL); // once is enough of what takes the longest
        Collections.sort(all); // a set has them in another order in each process
        Collections.shuffle(all, random);
        left.addAll(all);
      }
      return left.remove();
    }

    /** The logarithm of the place is what is even. */
    synchronized long place() {
      return (long) Math.exp(random.nextDouble() * Math.log(latest)) - 1;
    }

    synchronized int upTo(int most) {
      return 1 + random.nextInt(most);
    }

    synchronized boolean spares(double part) {
      return random.nextDouble() < part;
    }
  }

  /** A connection and the one behind it. */
  private final class Link {
    final Socket client;
    final Socket server;
    private final AtomicInteger passing = new AtomicInteger(2);
    private volatile boolean stalled;

    Link(Socket client, Socket server) throws IOException {
      this.client = client;
      this.server = server;
      client.setTcpNoDelay(true);
      server.setTcpNoDelay(true);
    }

    void pass(Socket from, Socket to, Bag bag) {
      try {
        new Pipe(this, from.getInputStream(), to.getOutputStream(), bag).pass();
        if (!stalled) {
          to.shutdownOutput();
        }
      } catch (IOException broken) {
        // the other direction ends by itself
      }
      // What the server does is not seen through a stall, or the client had nothing to notice.
      if (passing.decrementAndGet() == 0 || (stalled && from == client)) {
        end();
      }
    }

    /** What is read from here on is dropped. */
    void stall() {
      stalled = true;
    }

    void stall(Duration limit) {
      stall();
      CompletableFuture.delayedExecutor(limit.toMillis(), TimeUnit.MILLISECONDS)
          .execute(this::reset);
    }

    void cut() throws IOException {
      client.shutdownOutput();
      server.shutdownOutput();
    }

    void reset() {
      try {
        client.setSoLinger(true, 0);
        server.setSoLinger(true, 0);
      } catch (IOException gone) {
        // then nobody waits
      }
      end();
    }

    private void end() {
      open.remove(this);
      try {
        client.close();
        server.close();
      } catch (IOException e) {
        // it is gone all the same
      }
    }
  }

  /** One direction of a connection. */
  private final class Pipe {
    private final Link link;
    private final InputStream in;
    private final OutputStream out;
    private final Bag bag;
    private final boolean spared;
    private long left; // bytes until the next fault

    Pipe(Link link, InputStream in, OutputStream out, Bag bag) {
      this.link = link;
      this.in = in;
      this.out = out;
      this.bag = bag;
      // Or most connections would end by what befalls their first words, which the client says.
      this.spared = bag.spares(bag == up ? (1 + calm) / 2 : calm);
      this.left = bag.place();
    }

    void pass() throws IOException {
      byte[] bytes = new byte[8 << 10];
      for (int length = in.read(bytes); length >= 0; length = in.read(bytes)) {
        int at = 0;
        while (at < length && !link.stalled) {
          int harmless = !bad || spared ? length - at : (int) Math.min(left, length - at);
          out.write(bytes, at, harmless);
          at += harmless;
          left = Math.max(0, left - harmless);
          if (at < length) {
            at += strike(bytes, at, length - at);
            left = bag.place();
          }
        }
      }
    }

    /** Returns how many of the bytes have been passed. */
    private int strike(byte[] bytes, int at, int length) throws IOException {
      Fault fault = bag.next();
      count(fault);
      switch (fault) {
        case CUT -> {
          link.cut();
          throw new EOFException("cut");
        }
        case RESET -> {
          link.reset();
          throw new EOFException("reset");
        }
        case STALL -> {
          link.stall(stall);
          return length;
        }
        case DRIP -> {
          return drip(bytes, at, Math.min(length, MOST_DRIPS));
        }
        case DELAY -> {
          LockSupport.parkNanos(bag.upTo(MOST_DELAY) * 1_000_000L);
          return 0;
        }
        case DUPLICATE -> {
          int twice = bag.upTo(Math.min(length, MOST_TWICE));
          out.write(bytes, at, twice);
          out.write(bytes, at, twice);
          return twice;
        }
        case FLIP -> {
          bytes[at] ^= (byte) (1 << (bag.upTo(8) - 1));
          out.write(bytes, at, 1);
          return 1;
        }
      }
      throw new AssertionError(fault);
    }

    private int drip(byte[] bytes, int at, int length) throws IOException {
      for (int i = at; i < at + length; i++) {
        out.write(bytes, i, 1);
        LockSupport.parkNanos(500_000);
      }
      return length;
    }
  }
}

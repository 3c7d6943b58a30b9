package loomagent.net;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Which address of a name comes first. HttpClient dials the first that it is told and no other, so
 * one that failed lately goes to the end of the next answer. Any thread.
 *
 * <p>Only Java 18 and later let a program order the addresses: there {@code AddressOrder} asks
 * this, as the process's resolver.
 */
public final class Addresses {

  /** One for the process, as the resolver is. */
  public static final Addresses SHARED = new Addresses(System::nanoTime);

  /** After so long an address may come first again. */
  private static final long LATELY = Duration.ofMinutes(10).toNanos();

  /** The servers of a hundred Organizations; more only fall back to the resolver's own order. */
  private static final int MOST_NAMES = 100;

  private static final int MOST_ADDRESSES = 32;

  private final LongSupplier nanos;

  // Guarded by this:
  private final Map<String, Known> names =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Known> eldest) {
          return size() > MOST_NAMES;
        }
      };
  private boolean ordering;

  private record Known(InetAddress first, Map<InetAddress, Long> failures) {}

  Addresses(LongSupplier nanos) {
    this.nanos = nanos;
  }

  /** From now on answers are ordered: no address stays untried. */
  public synchronized void begin() {
    ordering = true;
  }

  /**
   * An answer, with those at its end that failed lately: the longest ago first.
   *
   * @param host the name
   * @param found all its addresses, as they were found
   * @return the same ones
   */
  public synchronized List<InetAddress> ordered(String host, List<InetAddress> found) {
    if (found.size() < 2 || found.size() > MOST_ADDRESSES) {
      return found;
    }
    String name = host.toLowerCase(Locale.ROOT);
    Map<InetAddress, Long> failures =
        names.containsKey(name) ? names.get(name).failures() : new LinkedHashMap<>();
    failures.keySet().retainAll(found);
    failures.values().removeIf(at -> nanos.getAsLong() - at > LATELY);
    List<InetAddress> ordered =
        found.stream().sorted(Comparator.comparingLong(each -> rank(failures, each))).toList();
    names.remove(name); // so that the eldest is the one not asked for longest
    names.put(name, new Known(ordered.get(0), failures));
    return ordered;
  }

  private long rank(Map<InetAddress, Long> failures, InetAddress address) {
    Long at = failures.get(address);
    return at == null ? Long.MIN_VALUE : at - nanos.getAsLong();
  }

  /** Nobody was reached at the address that came first in the last answer. */
  synchronized void failed(String host) {
    Known known = names.get(host.toLowerCase(Locale.ROOT));
    if (known != null) {
      known.failures().put(known.first(), nanos.getAsLong());
    }
  }

  /** How many addresses of a name are never tried. Looks it up, on the calling thread. */
  int untried(String host) {
    try {
      return isOrdering() ? 0 : InetAddress.getAllByName(host).length - 1;
    } catch (UnknownHostException unknown) {
      return 0;
    }
  }

  synchronized boolean isOrdering() {
    return ordering;
  }
}

package loomagent.backfill;

import java.net.URI;
import java.util.Optional;

/** One page of events. One thread. */
final class Page {
  final byte[] json;
  final Optional<URI> next;
  final String total; // how many events Loom counts on all pages, "" if it does not say

  Page(byte[] json, Optional<URI> next, String total) {
    this.json = json;
    this.next = next;
    this.total = total;
  }
}

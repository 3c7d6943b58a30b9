package loomagent.cable;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is handed from HttpClient's threads to a connection's. */
@Timeout(60)
final class InboxTest {
  private final Inbox inbox = new Inbox();

  private static Inbox.Item item(long number) {
    return new Inbox.Prove(number);
  }

  @Test
  void whatIsThereIsTakenAtOnceAndInOrder() throws InterruptedException {
    inbox.add(item(1));
    inbox.add(item(2));
    Queue<Inbox.Item> emptied = new ArrayDeque<>();
    assertEquals(
        List.of(item(1), item(2)), List.copyOf(inbox.take(emptied, Duration.ofDays(1).toNanos())));
    inbox.add(item(3));
    assertSame(emptied, inbox.take(new ArrayDeque<>(), 0));
    assertEquals(List.of(item(3)), List.copyOf(emptied));
  }

  @Test
  void nothingIsWaitedForNoLongerThanSaid() throws InterruptedException {
    assertTrue(inbox.take(new ArrayDeque<>(), -1).isEmpty());
    assertTrue(inbox.take(new ArrayDeque<>(), 0).isEmpty());
    long begun = System.nanoTime();
    assertTrue(inbox.take(new ArrayDeque<>(), 2_000_000).isEmpty());
    assertTrue(System.nanoTime() - begun >= 2_000_000);
  }

  @Test
  void whoeverWaitsGetsTheFirstThatComes() throws Exception {
    CompletableFuture<List<Inbox.Item>> taken = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              try {
                taken.complete(List.copyOf(inbox.take(new ArrayDeque<>(), Long.MAX_VALUE)));
              } catch (InterruptedException ended) {
                taken.completeExceptionally(ended);
              }
            });
    thread.setDaemon(true);
    thread.start();
    while (thread.getState() != Thread.State.TIMED_WAITING) {
      Thread.onSpinWait();
    }
    inbox.add(item(1));
    assertEquals(List.of(item(1)), taken.get());
    inbox.add(item(2));
    assertEquals(1, inbox.take(new ArrayDeque<>(), 0).size());
  }
}

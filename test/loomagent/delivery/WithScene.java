package loomagent.delivery;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests that have a scene each, and a latch for handlers that hold on until it opens. */
@Timeout(60)
abstract class WithScene {
  @TempDir Path folder;
  Scene scene;
  final CountDownLatch released = new CountDownLatch(1);

  @BeforeEach
  void open() throws IOException {
    scene = new Scene(folder);
  }

  @AfterEach
  void close() {
    released.countDown();
    scene.close();
  }
}

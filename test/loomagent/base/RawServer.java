package loomagent.base;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A server on loopback that answers each connection with bytes of any kind, and closes it. */
public final class RawServer implements AutoCloseable {
  private static final Pattern LENGTH = Pattern.compile("(?i)\r\ncontent-length: ([0-9]{1,6})\r\n");

  /** What the head of a request is answered with. */
  public interface Answers {
    byte[] to(String head) throws Exception;
  }

  private final ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
  private final Answers answers;

  /** Begins to answer. */
  public RawServer(Answers answers) throws IOException {
    this.answers = answers;
    thread(this::accept);
  }

  /** Its host and port. */
  public String authority() {
    return "127.0.0.1:" + server.getLocalPort();
  }

  @Override
  public void close() throws IOException {
    server.close();
  }

  private void accept() {
    try {
      while (true) {
        Socket socket = server.accept();
        thread(() -> serve(socket));
      }
    } catch (IOException closed) {
      // the test is over
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      InputStream in = new BufferedInputStream(socket.getInputStream());
      StringBuilder head = new StringBuilder();
      while (head.indexOf("\r\n\r\n") < 0) {
        int one = in.read();
        if (one < 0) {
          return;
        }
        head.append((char) one);
      }
      Matcher length = LENGTH.matcher(head);
      in.readNBytes(length.find() ? Integer.parseInt(length.group(1)) : 0);
      socket.getOutputStream().write(answers.to(head.toString()));
      socket.shutdownOutput();
      socket.setSoTimeout(2_000);
      in.read(new byte[1]); // until the client has seen it all: a close before that is a reset
    } catch (Exception gone) {
      // whoever asked has gone
    }
  }

  private static void thread(Runnable task) {
    Thread thread = new Thread(task, "raw-server");
    thread.setDaemon(true);
    thread.start();
  }

  /** An HTTP answer with its length; header fields as name and value by turns. */
  public static byte[] http(int status, String body, String... fields) {
    StringBuilder answer = new StringBuilder("HTTP/1.1 " + status + " Status\r\n");
    for (int i = 0; i < fields.length; i += 2) {
      answer.append(fields[i]).append(": ").append(fields[i + 1]).append("\r\n");
    }
    int length = body.getBytes(UTF_8).length;
    answer.append("Content-Length: ").append(length).append("\r\n\r\n").append(body);
    return answer.toString().getBytes(UTF_8);
  }
}

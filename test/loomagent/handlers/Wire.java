package loomagent.handlers;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** A server on loopback that does on its sockets what a test wants, right or wrong. */
final class Wire implements AutoCloseable {

  /** One request as it came: its line and header fields, and its body. */
  record Request(String head, String body) {

    /** The one value of a header field; "" if there is none. */
    String header(String name) {
      List<String> found =
          head.lines()
              .filter(line -> line.regionMatches(true, 0, name + ": ", 0, name.length() + 2))
              .map(line -> line.substring(name.length() + 2))
              .toList();
      if (found.size() > 1) {
        throw new IllegalStateException(head);
      }
      return found.isEmpty() ? "" : found.get(0);
    }
  }

  /** What is done with a request; the connection is kept for the next one unless it closes it. */
  interface Script {
    void answer(Socket socket, Request request) throws Exception;
  }

  final BlockingQueue<Request> requests = new LinkedBlockingQueue<>();

  /** An element for each connection that the other side has closed. */
  final BlockingQueue<Integer> closed = new LinkedBlockingQueue<>();

  final AtomicInteger connections = new AtomicInteger();
  private final ServerSocket server;
  private final List<Socket> sockets = new ArrayList<>(); // guarded by itself

  private Wire(Script script) {
    try {
      server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    thread("wire", () -> accept(script));
  }

  static Wire with(Script script) {
    return new Wire(script);
  }

  /** Answers each request with this text, exactly. */
  static Wire saying(String answer) {
    return with((socket, request) -> say(socket, answer));
  }

  static void say(Socket socket, String text) throws IOException {
    OutputStream out = socket.getOutputStream();
    out.write(text.getBytes(ISO_8859_1));
    out.flush();
  }

  int port() {
    return server.getLocalPort();
  }

  String url() {
    return "http://127.0.0.1:" + port() + "/hook?k=in-the-url";
  }

  Request next() throws InterruptedException {
    Request request = requests.poll(10, TimeUnit.SECONDS);
    if (request == null) {
      throw new AssertionError("no request came");
    }
    return request;
  }

  @Override
  public void close() {
    try {
      server.close();
      synchronized (sockets) {
        for (Socket socket : sockets) {
          socket.close();
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void accept(Script script) {
    try {
      while (true) {
        Socket socket = server.accept();
        synchronized (sockets) {
          sockets.add(socket);
        }
        int number = connections.incrementAndGet();
        thread("wire-" + number, () -> serve(socket, number, script));
      }
    } catch (IOException closing) {
      // the test is over
    }
  }

  private void serve(Socket socket, int number, Script script) {
    try (socket) {
      InputStream in = new BufferedInputStream(socket.getInputStream());
      for (String head = head(in); !head.isEmpty(); head = head(in)) {
        Request bare = new Request(head, "");
        String length = bare.header("Content-Length");
        byte[] body = in.readNBytes(length.isEmpty() ? 0 : Integer.parseInt(length));
        Request request = new Request(head, new String(body, ISO_8859_1));
        requests.add(request);
        script.answer(socket, request);
      }
    } catch (Exception broken) {
      // a reset is a close, too
    }
    closed.add(number);
  }

  private static String head(InputStream in) throws IOException {
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      int one = in.read();
      if (one < 0) {
        return "";
      }
      head.append((char) one);
    }
    return head.toString();
  }

  private static void thread(String name, Runnable task) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    thread.start();
  }
}

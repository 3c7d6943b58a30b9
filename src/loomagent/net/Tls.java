package loomagent.net;

import java.util.List;
import javax.net.ssl.SSLContext;

/**
 * How to speak TLS.
 *
 * @param context with the authorities and the client's certificate
 * @param warnings what an operator should know of them
 */
record Tls(SSLContext context, List<String> warnings) {}

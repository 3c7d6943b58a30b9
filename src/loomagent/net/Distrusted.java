package loomagent.net;

import java.security.cert.CertificateException;

/** Why a server's certificate is not accepted, in an operator's words. */
final class Distrusted extends CertificateException {
  private static final long serialVersionUID = 1;

  private final boolean elsewhere;

  /**
   * A refusal.
   *
   * @param elsewhere whether the address may be the wrong one
   */
  Distrusted(String text, boolean elsewhere, CertificateException cause) {
    super(text, cause);
    this.elsewhere = elsewhere;
  }

  boolean elsewhere() {
    return elsewhere;
  }
}

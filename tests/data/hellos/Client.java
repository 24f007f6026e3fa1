/* SPDX-License-Identifier: MIT */
/*
 * TLS over a socket that is already connected, as a mail client has it after
 * STARTTLS: java Client.java PORT NAME [PROTOCOL]. It fails when the other side
 * has heard enough.
 */
import java.net.Socket;
import java.security.Security;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

public class Client {
	public static void main(String[] args) throws Exception {
		int port = Integer.parseInt(args[0]);

		/* An old protocol is one that today's settings forbid. */
		if (args.length > 2)
			Security.setProperty("jdk.tls.disabledAlgorithms", "");
		Socket plain = new Socket("127.0.0.1", port);
		SSLSocket socket = (SSLSocket) SSLContext.getDefault()
			.getSocketFactory()
			.createSocket(plain, args[1], port, true);
		if (args.length > 2)
			socket.setEnabledProtocols(new String[] { args[2] });
		socket.startHandshake();
	}
}

/* SPDX-License-Identifier: MIT */
/*
 * STARTTLS, EHLO and QUIT with Java's standard library: java SetupClient.java
 * PORT [PROTOCOL] [SUITE...]. It verifies nothing.
 */
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.security.Security;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;

public class SetupClient {
	static class Trusting extends X509ExtendedTrustManager {
		public X509Certificate[] getAcceptedIssuers()
		{
			return new X509Certificate[0];
		}
		public void checkClientTrusted(X509Certificate[] c, String a) { }
		public void checkServerTrusted(X509Certificate[] c, String a) { }
		public void checkClientTrusted(X509Certificate[] c, String a,
					       Socket s) { }
		public void checkServerTrusted(X509Certificate[] c, String a,
					       Socket s) { }
		public void checkClientTrusted(X509Certificate[] c, String a,
					       SSLEngine e) { }
		public void checkServerTrusted(X509Certificate[] c, String a,
					       SSLEngine e) { }
	}

	static void say(Socket socket, String line) throws IOException
	{
		BufferedReader in = new BufferedReader(
			new InputStreamReader(socket.getInputStream()));
		String reply;

		if (line != null)
			socket.getOutputStream().write(
				(line + "\r\n").getBytes());
		do {
			reply = in.readLine();
			if (reply == null)
				throw new IOException("closed");
		} while (reply.charAt(3) == '-');
	}

	public static void main(String[] args) throws Exception
	{
		/* Current settings forbid old protocols. */
		Security.setProperty("jdk.tls.disabledAlgorithms", "");
		Socket plain = new Socket("127.0.0.1",
					  Integer.parseInt(args[0]));
		say(plain, null);
		say(plain, "EHLO client.example");
		say(plain, "STARTTLS");
		SSLContext context = SSLContext.getInstance("TLS");
		context.init(null, new TrustManager[] { new Trusting() }, null);
		SSLSocket socket = (SSLSocket) context.getSocketFactory()
			.createSocket(plain, "mx.example.org",
				      Integer.parseInt(args[0]), true);
		if (args.length > 1)
			socket.setEnabledProtocols(new String[] { args[1] });
		if (args.length > 2)
			socket.setEnabledCipherSuites(
				Arrays.copyOfRange(args, 2, args.length));
		socket.startHandshake();
		say(socket, "EHLO client.example");
		say(socket, "QUIT");
	}
}

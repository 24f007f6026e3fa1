// SPDX-License-Identifier: MIT
// STARTTLS, EHLO and QUIT by Node's own means: node setup_client.js PORT [JSON]
// with options of tls.connect(). It verifies nothing unless they say so.
const net = require("net"), tls = require("tls");
const [port, options] = process.argv.slice(2);

function converse(socket, lines, done) {
	let held = "";
	socket.setEncoding("utf8");
	socket.on("data", function hear(text) {
		held += text;
		if (!/^\d{3} .*\r\n$/m.test(held))
			return;
		held = "";
		if (lines.length)
			return socket.write(lines.shift() + "\r\n");
		socket.removeListener("data", hear);
		done();
	});
}

const plain = net.connect(Number(port), "127.0.0.1");
converse(plain, ["EHLO client.example", "STARTTLS"], () => {
	plain.removeAllListeners("data");
	const secure = tls.connect(Object.assign(
		{ socket: plain, rejectUnauthorized: false },
		JSON.parse(options || "{}")));
	secure.on("error", (error) => {
		console.log(error.code, error.message);
		process.exit(1);
	});
	secure.on("secureConnect", () => {
		secure.write("EHLO client.example\r\n");
		converse(secure, ["QUIT"], () => secure.end());
	});
});

import Foundation

/// An HTTPS or mail server on 127.0.0.1 that takes everything, with a certificate that has one thing right or wrong with
/// it.
/// Python serves and openssl makes the certificates, each time anew.
final class TLSReceiver {
    enum Certificate: String, CaseIterable, Sendable { case good, wrongName, expired, selfSigned }

    /// What it serves: HTTP, mail over TLS, or mail that begins in clear and goes over to TLS.
    enum Service: String { case web, smtps, smtp }

    struct Problem: Error { var text: String }

    static let isAvailable = ["python3", "openssl"].allSatisfy { tool in
        (try? run([tool, tool == "openssl" ? "version" : "--version"], in: FileManager.default.temporaryDirectory))
            != nil
    }

    let port: UInt16
    /// The authority that signed all but the self-signed one.
    let authorityFile: String
    private let service: Service
    private let folder: URL
    private let server: Process
    private let input: Pipe

    init(_ certificate: Certificate, _ service: Service = .web) throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "governor-tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        authorityFile = folder.appending(path: "ca.pem").path
        try Self.makeCertificates(certificate, in: folder)

        server = Process()
        input = Pipe()
        let output = Pipe()
        server.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        server.arguments = ["python3", "-c", Self.script, service.rawValue]
        self.service = service
        server.currentDirectoryURL = folder
        server.standardInput = input
        server.standardOutput = output
        try server.run()
        var line = Data()
        while line.last != UInt8(ascii: "\n") {
            let more = output.fileHandleForReading.availableData
            guard !more.isEmpty else { throw Problem(text: "the server ended before it listened") }
            line += more
        }
        let text = String(decoding: line, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        guard let port = UInt16(text) else { throw Problem(text: "the server said \(text)") }
        self.port = port
    }

    deinit {
        // The server ends with its input.
        try? input.fileHandleForWriting.close()
        server.waitUntilExit()
        try? FileManager.default.removeItem(at: folder)
    }

    /// Of a mail server.
    var mailURL: String { "\(service.rawValue)://127.0.0.1:\(port)" }
    var url: String { "https://127.0.0.1:\(port)/services/T000SECRET/B000SECRET/tokenSECRET" }

    private static func makeCertificates(_ certificate: Certificate, in folder: URL) throws {
        let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        let name = certificate == .wrongName ? "DNS:other.example" : "IP:127.0.0.1"
        try run(
            ["openssl", "req", "-x509"] + key + ["-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=CA"], in: folder)
        if certificate == .selfSigned {
            let own = [
                "-keyout", "key.pem", "-out", "cert.pem", "-subj", "/CN=test", "-addext", "subjectAltName=\(name)",
            ]
            try run(["openssl", "req", "-x509"] + key + own, in: folder)
            return
        }
        try Data(configuration(name).utf8).write(to: folder.appending(path: "ca.cnf"))
        try Data().write(to: folder.appending(path: "index.txt"))
        try run(
            ["openssl", "req"] + key + ["-keyout", "key.pem", "-out", "request.pem", "-subj", "/CN=test"], in: folder)
        let end = certificate == .expired ? "20200102000000Z" : "20450101000000Z"
        let files = ["-in", "request.pem", "-cert", "ca.pem", "-keyfile", "ca.key", "-out", "cert.pem"]
        let dates = ["-startdate", "20200101000000Z", "-enddate", end]
        try run(["openssl", "ca", "-batch", "-notext", "-config", "ca.cnf"] + files + dates, in: folder)
    }

    private static func configuration(_ name: String) -> String {
        """
        [ca]
        default_ca = test
        [test]
        database = index.txt
        new_certs_dir = .
        rand_serial = yes
        default_md = sha256
        policy = any
        x509_extensions = server
        [any]
        commonName = supplied
        [server]
        basicConstraints = critical,CA:FALSE
        subjectAltName = \(name)
        """
    }

    @discardableResult private static func run(_ command: [String], in folder: URL) throws -> String {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        process.currentDirectoryURL = folder
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Problem(text: "\(command.joined(separator: " ")): \(text)") }
        return text
    }

    private static let script = """
        import socket, ssl, sys, threading
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain("cert.pem", "key.pem")
        listener = socket.create_server(("127.0.0.1", 0))
        def web(plain):
            with context.wrap_socket(plain, server_side=True) as connection:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\nConnection: close\\r\\n\\r\\nok")
        def mail(connection, greets, offers):
            file = connection.makefile("rb")
            if greets:
                connection.sendall(b"220 mail\\r\\n")
            for line in file:
                word = line[:4].upper()
                if word == b"EHLO":
                    connection.sendall(b"250-mail\\r\\n250 " + offers + b"\\r\\n")
                elif word == b"STAR":
                    connection.sendall(b"220 go\\r\\n")
                    return mail(context.wrap_socket(connection, server_side=True), False, b"AUTH PLAIN")
                elif word == b"AUTH":
                    connection.sendall(b"334 \\r\\n")
                    file.readline()
                    connection.sendall(b"235 ok\\r\\n")
                elif word == b"DATA":
                    connection.sendall(b"354 go\\r\\n")
                    while file.readline() != b".\\r\\n":
                        pass
                    connection.sendall(b"250 ok\\r\\n")
                elif word == b"QUIT":
                    connection.sendall(b"221 bye\\r\\n")
                    return
                else:
                    connection.sendall(b"250 ok\\r\\n")
        def serve():
            while True:
                plain, _ = listener.accept()
                try:
                    if sys.argv[1] == "web":
                        web(plain)
                    elif sys.argv[1] == "smtps":
                        mail(context.wrap_socket(plain, server_side=True), True, b"AUTH PLAIN")
                    else:
                        mail(plain, True, b"STARTTLS")
                except OSError:
                    pass
        threading.Thread(target=serve, daemon=True).start()
        print(listener.getsockname()[1], flush=True)
        sys.stdin.read()
        """
}

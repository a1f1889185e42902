import Foundation

/// An HTTPS server on 127.0.0.1 that answers 200 `ok`, with a certificate that has one thing right or wrong with it.
/// Python serves and openssl makes the certificates, each time anew.
final class TLSReceiver {
    enum Certificate: String, CaseIterable, Sendable { case good, wrongName, expired, selfSigned }

    struct Problem: Error { var text: String }

    static let isAvailable = ["python3", "openssl"].allSatisfy { tool in
        (try? run([tool, tool == "openssl" ? "version" : "--version"], in: FileManager.default.temporaryDirectory))
            != nil
    }

    let port: UInt16
    /// The authority that signed all but the self-signed one.
    let authorityFile: String
    private let folder: URL
    private let server: Process
    private let input: Pipe

    init(_ certificate: Certificate) throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "governor-tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        authorityFile = folder.appending(path: "ca.pem").path
        try Self.makeCertificates(certificate, in: folder)

        server = Process()
        input = Pipe()
        let output = Pipe()
        server.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        server.arguments = ["python3", "-c", Self.script]
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
        def serve():
            while True:
                plain, _ = listener.accept()
                try:
                    with context.wrap_socket(plain, server_side=True) as connection:
                        connection.recv(65536)
                        connection.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\nConnection: close\\r\\n\\r\\nok")
                except OSError:
                    pass
        threading.Thread(target=serve, daemon=True).start()
        print(listener.getsockname()[1], flush=True)
        sys.stdin.read()
        """
}

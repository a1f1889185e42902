import Foundation

/// Finds and reads the files of a policy.
enum PolicyFolder {
    /// All `*.yaml` and `*.yml` directly in the folder, in the order of their names; tests of policies and hidden files
    /// are left out. What can't be read is reported.
    static func texts(in folder: String, _ reading: inout Reading) -> [PolicyText] {
        let shown = folder.count > 1 && folder.hasSuffix("/") ? String(folder.dropLast()) : folder
        var isFolder = false
        guard exists(folder, &isFolder) else {
            reading.error(
                "there is no such folder", at: .whole(shown), hint: "create it, or name another with --policies DIR")
            return []
        }
        guard isFolder else {
            reading.error("this is a file, not a folder", at: .whole(shown), hint: "name the folder it is in")
            return []
        }
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: folder)
        } catch {
            reading.error("the folder can't be read", at: .whole(shown), hint: FileProblem(error).reason)
            return []
        }
        let policies = names.filter(isPolicy).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        if policies.isEmpty {
            reading.error(
                "there is no policy in this folder", at: .whole(shown),
                hint: "add a file that ends in .yaml; six lines are enough")
        }
        return policies.map { name in
            text(at: shown == "/" ? "/\(name)" : "\(shown)/\(name)", &reading)
        }
    }

    /// The tests a path stands for: itself, or all of the folder in the order of their names. None at all is reported.
    static func tests(at path: String, _ reading: inout Reading) -> [String] {
        guard isFolder(path) else { return [path] }
        let shown = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
        do {
            let names = try FileManager.default.contentsOfDirectory(atPath: path).filter(isTest)
            if names.isEmpty {
                reading.error(
                    "there is no test in this folder", at: .whole(shown), hint: "add a file that ends in _test.yaml")
            }
            return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.map { "\(shown)/\($0)" }
        } catch {
            reading.error("the folder can't be read", at: .whole(shown), hint: FileProblem(error).reason)
            return []
        }
    }

    /// A path as a file names it: from the root, or seen from the folder that file is in.
    static func path(_ path: String, beside file: String) -> String {
        guard !path.hasPrefix("/") else { return path }
        let folder = file.lastIndex(of: "/").map { String(file[...$0]) } ?? ""
        if path == "." { return folder.isEmpty ? "." : folder.count > 1 ? String(folder.dropLast()) : folder }
        return folder + path
    }

    static func isFolder(_ path: String) -> Bool {
        var isFolder = false
        return exists(path, &isFolder) && isFolder
    }

    /// Whether there is any policy file in a folder.
    static func hasPolicies(_ folder: String) -> Bool {
        do { return try FileManager.default.contentsOfDirectory(atPath: folder).contains(where: isPolicy) } catch {
            // Who reads the folder next says why it can't be read.
            return true
        }
    }

    static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    private static func isTest(_ name: String) -> Bool {
        !name.hasPrefix(".") && [".yaml", ".yml"].contains { name.hasSuffix("_test" + $0) }
    }

    static func isPolicy(_ name: String) -> Bool {
        let endings = [".yaml", ".yml"]
        return !name.hasPrefix(".")
            && endings.contains { name.hasSuffix($0) && !name.hasSuffix("_test" + $0) && name.count > $0.count }
    }

    static func text(at path: String, _ reading: inout Reading) -> PolicyText {
        do {
            return .checked(try RegularFile.read(path, limit: PolicyText.sizeLimit + 1), file: path, &reading)
        } catch {
            reading.error("the file can't be read", at: .whole(path), hint: error.reason)
            return PolicyText(file: path)
        }
    }

    private static func exists(_ path: String, _ isFolder: inout Bool) -> Bool {
        var flag: ObjCBool = false
        defer { isFolder = flag.boolValue }
        return FileManager.default.fileExists(atPath: path, isDirectory: &flag)
    }
}

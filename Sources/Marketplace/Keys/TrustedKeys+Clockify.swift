extension TrustedKeys {
    /// The key Clockify signs with, in production and in the developer environment alike (protocol.md section 2).
    package static let clockify: TrustedKeys = {
        do throws(PlatformKeyError) {
            return try TrustedKeys(pem: clockifyPEM)
        } catch {
            // A constant that a test compares by fingerprint: only a broken OpenSSL gets here, and then nothing may run.
            preconditionFailure("the built-in Clockify key: \(error)")
        }
    }()

    private static let clockifyPEM = """
        -----BEGIN PUBLIC KEY-----
        MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAubktufFNO/op+E5WBWL6
        /Y9QRZGSGGCsV00FmPRl5A0mSfQu3yq2Yaq47IlN0zgFy9IUG8/JJfwiehsmbrKa
        49t/xSkpG1u9w1GUyY0g4eKDUwofHKAt3IPw0St4qsWLK9mO+koUo56CGQOEpTui
        5bMfmefVBBfShXTaZOtXPB349FdzSuYlU/5o3L12zVWMutNhiJCKyGfsuu2uXa9+
        6uQnZBw1wO3/QEci7i4TbC+ZXqW1rCcbogSMORqHAP6qSAcTFRmrjFAEsOWiUUhZ
        rLDg2QJ8VTDghFnUhYklNTJlGgfo80qEWe1NLIwvZj0h3bWRfrqZHsD/Yjh0duk6
        yQIDAQAB
        -----END PUBLIC KEY-----
        """
}

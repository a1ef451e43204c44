extension KnownPlatform {
    /// Clockify, in production and in the developer environment alike.
    package static let clockify = KnownPlatform(
        name: "Clockify", issuer: "clockify", tokenType: "addon",
        lifecycleTokenField: FieldName(text: "X-Addon-Lifecycle-Token", lowercased: "x-addon-lifecycle-token"),
        signatureField: FieldName(text: "clockify-signature", lowercased: "clockify-signature"),
        eventTypeField: FieldName(text: "clockify-webhook-event-type", lowercased: "clockify-webhook-event-type"),
        hosts: PlatformHosts(trusted: ["clockify.me"]), apiURL: "https://api.clockify.me/api",
        publicKeys: """
            -----BEGIN PUBLIC KEY-----
            MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAubktufFNO/op+E5WBWL6
            /Y9QRZGSGGCsV00FmPRl5A0mSfQu3yq2Yaq47IlN0zgFy9IUG8/JJfwiehsmbrKa
            49t/xSkpG1u9w1GUyY0g4eKDUwofHKAt3IPw0St4qsWLK9mO+koUo56CGQOEpTui
            5bMfmefVBBfShXTaZOtXPB349FdzSuYlU/5o3L12zVWMutNhiJCKyGfsuu2uXa9+
            6uQnZBw1wO3/QEci7i4TbC+ZXqW1rCcbogSMORqHAP6qSAcTFRmrjFAEsOWiUUhZ
            rLDg2QJ8VTDghFnUhYklNTJlGgfo80qEWe1NLIwvZj0h3bWRfrqZHsD/Yjh0duk6
            yQIDAQAB
            -----END PUBLIC KEY-----
            """)
}

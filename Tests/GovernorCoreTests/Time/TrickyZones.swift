/// Zones whose clocks did something awkward between 1990 and 2037: half hours, midnights that are skipped or come twice,
/// whole days left out, rules in other months, offsets with quarters.
let trickyZones = [
    "Europe/Warsaw", "Europe/London", "Europe/Dublin", "Europe/Lisbon", "Europe/Moscow", "Europe/Istanbul",
    "Europe/Volgograd", "Europe/Chisinau", "America/New_York", "America/Sao_Paulo", "America/St_Johns",
    "America/Goose_Bay", "America/Moncton", "America/Havana", "America/Santiago", "America/Asuncion",
    "America/Caracas", "America/Nuuk", "America/Scoresbysund", "America/Mexico_City", "America/Bogota",
    "America/Argentina/San_Luis", "America/Port-au-Prince", "America/Metlakatla", "Asia/Beirut", "Asia/Gaza",
    "Asia/Amman", "Asia/Tehran", "Asia/Kathmandu", "Asia/Kolkata", "Asia/Pyongyang", "Asia/Colombo", "Asia/Dhaka",
    "Asia/Ulaanbaatar", "Africa/Cairo", "Africa/Casablanca", "Africa/Windhoek", "Africa/Juba", "Pacific/Apia",
    "Pacific/Fakaofo", "Pacific/Kwajalein", "Pacific/Kiritimati", "Pacific/Tongatapu", "Pacific/Chatham",
    "Pacific/Marquesas", "Pacific/Easter", "Pacific/Norfolk", "Australia/Lord_Howe", "Australia/Adelaide",
    "Australia/Eucla", "Atlantic/Azores", "Antarctica/Troll", "Antarctica/Casey", "UTC",
]

# ruff: noqa: E501 - a phrase stays on one line
"""The words of the invented releases: a grammar whose `{slots}` name other rules.

Names and exercises are invented, the manner is that of the samples. Lower-case words stand in
many sentences on purpose: a shingle shared by unrelated releases is what real archives have.
"""

CITIES = (
    "Yerevan", "Minsk", "Astana", "Bishkek", "Moscow", "Dushanbe", "Almaty", "Osh", "Gomel",
    "Brest", "Gyumri", "Khujand", "Kazan", "Tver", "Vitebsk", "Karaganda", "Saint Petersburg",
    "St. Petersburg", "Nizhny Novgorod", "Cholpon-Ata", "Nur-Sultan", "Rostov-on-Don", "Balykchy",
)  # fmt: skip

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip

MONTHS_RU = (
    "января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября",
    "октября", "ноября", "декабря",
)  # fmt: skip

ROMAN = ("IV", "VII", "IX", "XI", "XIII", "XIV", "XVI", "XIX", "XXI", "XXIV", "XXVII")

GRAMMAR: dict[str, tuple[str, ...]] = {
    "country": (
        "the Republic of Armenia", "the Republic of Belarus", "the Republic of Kazakhstan",
        "the Kyrgyz Republic", "the Russian Federation", "the Republic of Tajikistan",
    ),
    "given": (
        "Anvar", "Marat", "Stepan", "Viktor", "Levon", "Daniyar", "Rustam", "Oleg", "Taalai",
        "Gevorg", "Ihar", "Sergei", "Farrukh", "Nurlan", "Aram", "Kanat", "Mikhail", "Zafar",
        "Elena", "Asel", "Nargiz", "Anahit", "Irina", "Saule",
    ),
    "family": (
        "Karimzoda", "Abdykerov", "Melikyan", "Sorokin", "Tulegenov", "Harbuzau", "Ismoilov",
        "Petrosyan", "Zhumabaev", "Laptev", "Mamytov", "Nazarzoda", "Vasilevich", "Ordynets",
        "Sarkisov", "Bekmuratov", "Golubev", "Rakhimov", "Toktosunov", "Hakobyan", "Kurbatov",
        "Shaimardan", "Yusufi", "Drozd", "Ablayev", "Galstyan",
    ),
    "name": ("{given} {family}", "{given} {family}", "{initial}. {family}", "{initial}.{initial}.{family}"),
    "fullname": ("{given} {family}",),
    "initial": ("A", "M", "S", "K", "Sh", "T", "Yu", "N"),
    "role": (
        "the CSTO Secretary General", "the CSTO Deputy Secretary General",
        "the Chief of the CSTO Joint Staff", "the Deputy Foreign Minister of {country}",
        "the Minister of Defense of {country}", "the Permanent Representative of {country}",
        "the Secretary of the Security Council of {country}", "the head of the CSTO Secretariat's {unit}",
        "the Special Representative for {area}", "the Chairman of the {body}",
    ),
    "unit": (
        "Political Cooperation Department", "Legal Section", "Crisis Response Centre",
        "Peacekeeping Division", "Analytical Group", "Countering Threats Department",
    ),
    "person": ("{role} {name}", "{name}, {role}", "{role}, {fullname}"),
    "body": (
        "Permanent Council", "Committee of Secretaries of Security Councils", "Military Committee",
        "Council of Foreign Ministers", "Council of Defense Ministers", "Parliamentary Assembly",
        "Interstate Commission for Military-Economic Cooperation", "Working Group on {area}",
        "Coordinating Council on {area}", "Consultative Centre for {area}", "Expert Panel on {area}",
    ),
    "area": (
        "Afghanistan", "cyber incidents", "biological security", "drug trafficking", "demining",
        "emergency response", "irregular migration", "the financing of terrorism", "peacekeeping",
        "military medicine", "air defence", "radio-electronic warfare", "border protection",
        "standardization of armaments", "officer training", "transport logistics",
    ),
    "quality": (
        "practical", "regional", "joint", "long-term", "coordinated", "preventive", "interstate",
        "operational", "comprehensive", "multilateral", "timely", "equal", "transparent", "legal",
        "technical", "scientific", "humanitarian", "information", "diplomatic", "parliamentary",
    ),
    "matter": (
        "cooperation", "response", "planning", "exchange of data", "consultations", "procurement",
        "assistance", "supervision", "training", "reconnaissance", "monitoring", "rehearsals",
        "rotation of officers", "mutual trust", "medical support", "harmonization of laws",
        "protection of airspace", "evacuation of civilians", "control of exports", "research",
    ),
    "field": (
        "in the field of {area}", "in the sphere of {area}", "on {area}", "with regard to {area}",
        "concerning {area}", "in matters of {area}",
    ),
    "region": (
        "in the Caucasian region", "on the southern borders", "in Central Asia", "in Eastern Europe",
        "along the Panj river", "in the Ferghana valley", "in the border districts", "in Eurasia",
    ),
    "topic": (
        "{quality} {matter} {field}", "{quality} {matter} {region}", "{matter} and {matter} {field}",
        "{quality} and {quality} {matter} {field}", "{matter} {field} {region}",
    ),
    "exercise": (
        "“Steppe Shield – {year}”", "“Mountain Echo – {year}”", "“Silent Ridge – {year}”",
        "“Northern Bridge – {year}”", "“Clear Valley – {year}”", "“Grain Road – {year}”",
    ),
    "document": (
        "the draft Plan of {quality} {matter} for {years}", "the Agreement on {topic}",
        "the Regulation on the {unit}", "the Concept of {quality} {matter}",
        "Decision No. {n} on {topic}", "the List of Measures {field}", "the Protocol on {topic}",
        "a Statement on {topic}", "the Programme of {matter} until {year}",
    ),
    "forum": (
        "the {ordinal} meeting of the CSTO {body}", "a regular session of the CSTO {body}",
        "the {roman} conference on {topic}", "consultations of the CSTO {body} on {topic}",
        "a round table on {topic}", "the {ordinal} stage of the exercise {exercise}",
        "an extended meeting of the {body}", "a seminar for specialists in {topic}",
    ),
    "claim": (
        "{topic} had become a priority for {country}", "the situation {region} remained tense",
        "{n} proposals of {country} had been taken into account", "{document} needed further work",
        "{topic} would be reviewed within {n} days", "the number of incidents {region} had fallen by {n} percent",
        "{country} was ready to host {forum}", "no member state could meet such threats alone",
        "the decisions taken {field} were being carried out on schedule",
        "{quality} {matter} required {n} million rubles more than planned",
    ),
    "speech": (
        "We do not see any alternative to {quality} {matter} {region}",
        "Our task is to make {matter} faster, cheaper and more {quality}",
        "In {year} we had {n} such cases, and now there are only {small}",
        "I am convinced that {topic} will bring our peoples closer",
        "Nobody should doubt that {country} keeps its word",
        "The mechanism works, but it must become more {quality}",
    ),
    "verb": (
        "noted", "stressed", "recalled", "said", "pointed out", "emphasized", "informed the participants",
        "reported", "added", "underlined", "explained",
    ),
    "sentence": (
        "{person} {verb} that {claim}.", "{person} {verb} that {claim}, and that {claim}.",
        "According to {name}, {claim}.", "During {forum}, {person} {verb} that {claim}.",
        "The participants considered {document} and agreed to submit it to the {body}.",
        "{n} representatives of {country} and {small} observers took part in the discussion of {topic}.",
        "Particular attention was paid to {topic}; {claim}.",
        "{person} thanked {country} for its contribution to {topic}.",
        "It was decided to prepare {document} by the {quarter} quarter of {year}.",
        "The {unit} of the Secretariat presented an overview of {topic} for {years}.",
        "In addition, {document} was approved, which provides for {topic}.",
        "The {body} heard information on {topic} and took note of {n} recommendations.",
        "The total strength of the contingent was {n} servicemen with {n} units of equipment.",
        "Units of {country} rehearsed {quality} {matter} {region} for {small} days.",
        "At the same time, {name} did not rule out that {claim}.",
        "In the course of {years}, {n} people were detained and {n} kg of precursors seized {region}.",
        "The heads of delegations exchanged views on {topic} and on {topic}.",
        "“{speech},” {name} said.", "\"{speech},\" {name} {verb2}.", "“{speech}. {speech}.”",
        "{person} named {topic} among the tasks of the next intersessional period.",
        "The parties confirmed their interest in {topic} as set out in {document}.",
        "Invitations to {forum} were sent to the UN, the OSCE and the SCO.",
        "Among the guests were {name}, {name} and {name}.",
        "For the first time, {topic} was put on the agenda of {forum}.",
        "The exercise {exercise} involved more than {n} servicemen and up to {small} aircraft.",
    ),
    "verb2": ("said", "concluded", "noted", "stressed"),
    "item": (
        "{document}", "on {topic}", "{quality} {matter} {region}", "the results of {forum}",
        "{matter} {field} in {years}", "approval of {document}",
    ),
    "list_lead": (
        "The participants of {forum} discussed:", "The {body} approved the following documents:",
        "The agenda of {forum} included:", "{person} named the following tasks:",
    ),
    "last": (
        "Work on these documents will continue at subsequent meetings of the CSTO {body}.",
        "The CSTO Press Secretary Vladimir Zaynetdinov told reporters about the results of {forum}.",
        "The CSTO Press Secretary {fullname} answered journalists' questions on {topic}.",
        "Accreditation for {forum} is open by telephone +7 495 621-33-23 until the end of the week.",
        "Questions on {topic} may be sent to odkb-pressa@gov.ru, {name} added.",
        "The delegations agreed to go back to {topic} at their next meeting.",
        "The press service of {country} will inform about {topic} separately.",
        "The next session of the {body} will be held in the {quarter} quarter of {year}.",
    ),
    "subhead": ("{quality} {matter}", "Results of {forum}", "On {topic}", "Dear colleagues"),
    "headline": (
        "{person} discussed {topic} with {name}", "{forum} chaired by {name} considered {topic}",
        "{name} informed the {body} about {topic} and {matter}", "{country} hosted {forum} attended by {name}",
        "{fullname}: “{topic} comes first” at {forum}", "{n} specialists completed {topic} during {forum}",
        "Statement of the CSTO {body} on {topic} and {matter}", "{forum} opened by {name} with {topic}",
        "On the results of {forum}: {topic}", "{n} participants of {forum} rehearsed {topic}",
        "The {body} approved {document} and reviewed {topic}",
        "{person} took part in {forum} held with the support of the {body}",
    ),
    "dated_headline": (
        "{forum} took up {topic}", "{person} spoke about {topic}",
        "the {body} of the Organization discussed {topic} and their impact on {matter}",
    ),
    "lead": (
        "{forum} was held with the participation of {person}", "{person} met with {person}",
        "under the chairmanship of {person}, {forum} took place", "{forum} opened",
        "{person} held talks with {name} on {topic}", "the CSTO {body} considered {topic}",
        "experts of {country} and {country} completed {topic}",
    ),
    "quarter": ("first", "second", "third", "fourth"),
}  # fmt: skip

GRAMMAR_RU: dict[str, tuple[str, ...]] = {
    "ru_country": (
        "Республики Армения", "Республики Беларусь", "Республики Казахстан",
        "Кыргызской Республики", "Российской Федерации", "Республики Таджикистан",
    ),
    "ru_name": ("Анвар Каримзода", "Степан Сорокин", "Левон Меликян", "Данияр Тулегенов", "О. Лаптев", "Ихар Гарбузов"),
    "ru_area": (
        "борьбы с наркотиками", "миротворчества", "реагирования на кризисы", "военной медицины",
        "охраны границ", "противодействия терроризму", "подготовки офицеров", "разминирования",
    ),
    "ru_verb": ("отметил", "подчеркнул", "сообщил", "напомнил", "добавил"),
    "ru_claim": (
        "взаимодействие в сфере {ru_area} остаётся приоритетом {ru_country}",
        "подготовлено {n} предложений в области {ru_area}", "работа в сфере {ru_area} не завершена",
        "число инцидентов сократилось на {n} процентов", "обстановка остаётся напряжённой",
    ),
    "ru_lead": (
        "состоялось заседание рабочей группы по вопросам {ru_area} под председательством {ru_country}",
        "прошли консультации представителей {ru_country} и {ru_country} по вопросам {ru_area}",
    ),
    "ru_sentence": (
        "{ru_name} {ru_verb}, что {ru_claim}.", "Участники обсудили вопросы {ru_area} и {ru_area}.",
        "По словам представителя {ru_country}, {ru_claim}.", "В мероприятии участвовали {n} представителей {ru_country}.",
        "«{ru_claim}», – {ru_verb} {ru_name}.", "Принято решение № {n} по вопросам {ru_area}.",
    ),
}  # fmt: skip

"""Words the classifier knows: months, weekdays, number words, units, negations, openers.

Data only. English and Russian are covered for every kind; French, German and Spanish for months
and negation; Chinese, Japanese and Arabic for negation.
"""


def _forms(table: str) -> dict[str, int]:
    """`1 jan january; 2 feb` as a mapping from word to number."""
    return {
        word: int(number)
        for entry in table.split(";")
        for number, *words in [entry.split()]
        for word in words
    }


def _words(table: str) -> frozenset[str]:
    return frozenset(table.split())


_ENGLISH_MONTHS = _forms(
    "1 january jan;2 february feb;3 march mar;4 april apr;5 may;6 june jun;7 july jul;"
    "8 august aug;9 september sept sep;10 october oct;11 november nov;12 december dec"
)
_OTHER_MONTHS = _forms(
    "1 января январь январе janvier januar enero;2 февраля февраль феврале février februar febrero;"
    "3 марта март марте mars märz marzo;4 апреля апрель апреле avril abril;"
    "5 мая май мае mai mayo;6 июня июнь июне juin juni junio;7 июля июль июле juillet juli julio;"
    "8 августа август августе août agosto;9 сентября сентябрь сентябре septembre septiembre;"
    "10 октября октябрь октябре octobre oktober octubre;"
    "11 ноября ноябрь ноябре novembre noviembre;12 декабря декабрь декабре décembre dezember"
    " diciembre"
)
MONTHS = {
    **{form(word): n for word, n in _ENGLISH_MONTHS.items() for form in (str.title, str.upper)},
    **{form(word): n for word, n in _OTHER_MONTHS.items() for form in (str, str.title, str.upper)},
}
"""English months only with a capital: "may" and "march" are verbs."""

_ENGLISH_DAYS = _forms("1 monday;2 tuesday;3 wednesday;4 thursday;5 friday;6 saturday;7 sunday")
_RUSSIAN_DAYS = _forms(
    "1 понедельник понедельника;2 вторник вторника;3 среду;4 четверг четверга;"
    "5 пятница пятницу пятницы;6 суббота субботу субботы;7 воскресенье воскресенья"
)
WEEKDAYS = {**{word.title(): n for word, n in _ENGLISH_DAYS.items()}, **_RUSSIAN_DAYS}

ONES = _forms(
    "0 zero ноль;1 one first;2 two second;3 three third;4 four fourth;5 five fifth;6 six sixth;"
    "7 seven seventh;8 eight eighth;9 nine ninth;10 ten tenth;11 eleven eleventh;"
    "12 twelve twelfth dozen;13 thirteen thirteenth;14 fourteen fourteenth;15 fifteen fifteenth;"
    "16 sixteen sixteenth;17 seventeen seventeenth;18 eighteen eighteenth;"
    "19 nineteen nineteenth;20 twenty twentieth;30 thirty thirtieth;40 forty fortieth;"
    "50 fifty fiftieth;60 sixty sixtieth;70 seventy seventieth;80 eighty eightieth;"
    "90 ninety ninetieth;"
    "2 два две двух двум двумя второй вторая второе второго;3 три трех трёх тремя третий третья;"
    "4 четыре четырех четырёх четвертый четвёртый;5 пять пяти пятый;6 шесть шести шестой;"
    "7 семь семи седьмой;8 восемь восьми восьмой;9 девять девяти девятый;"
    "10 десять десяти десятый;11 одиннадцать одиннадцати;12 двенадцать двенадцати;"
    "13 тринадцать тринадцати;14 четырнадцать четырнадцати;15 пятнадцать пятнадцати;"
    "16 шестнадцать шестнадцати;17 семнадцать семнадцати;18 восемнадцать восемнадцати;"
    "19 девятнадцать девятнадцати;20 двадцать двадцати;30 тридцать тридцати;40 сорок сорока;"
    "50 пятьдесят пятидесяти;60 шестьдесят шестидесяти;70 семьдесят семидесяти;"
    "80 восемьдесят восьмидесяти;90 девяносто;200 двести двухсот;300 триста трехсот"
)
"""Number words that add up: "twenty-one". Ordinals count as their number."""
SCALES = _forms(
    "100 hundred сто ста;1000 thousand тысяча тысячи тысяч тыс;"
    "1000000 million millions миллион миллиона миллионов млн mln;"
    "1000000000 billion billions миллиард миллиарда миллиардов млрд bln bn;"
    "1000000000000 trillion trillions триллион триллиона триллионов трлн"
)

_UNIT_FORMS = (
    "% percent процент процента процентов;usd $ dollar dollars доллар доллара долларов;"
    "eur € euro euros евро;gbp £;rub ₽ ruble rubles rouble roubles рубль рубля рублей;"
    "km kilometer kilometers kilometre kilometres км километр километра километров;"
    "m meter meters metre metres метр метра метров;mi mile miles миля мили миль;"
    "kg kilogram kilograms kilogramme кг килограмм килограмма килограммов;"
    "t ton tons tonne tonnes тонна тонны тонн;ha hectare hectares гектар гектара гектаров;"
    "l liter liters litre litres литр литра литров;ft foot feet;inch inches;lb pound pounds;"
    "gwh;mwh;kwh;mw megawatt megawatts;kw;hour hours час часа часов;"
    "minute minutes минута минуты минут;day days день дня дней;week weeks неделя недели недель;"
    "month months месяц месяца месяцев;year years год года лет;degree degrees градус градуса"
    " градусов;points point"
)
UNITS = {form: forms.split()[0] for forms in _UNIT_FORMS.split(";") for form in forms.split()}
"""What is counted: after a number it belongs to the number."""

NEGATIONS = _words(
    "not no never none nobody nothing nowhere neither nor without cannot не ни нет никогда "
    "никто ничто ничего без нельзя ne pas jamais sans aucun nicht kein keine keinen keiner nie "
    "niemals ohne nunca jamás sin ningún ninguna 不 没 沒 无 無 未 非 勿 لا لم لن ليس ليست غير "
)
NEGATIVE_PREFIXES = ("un", "in", "im", "il", "ir", "dis", "non", "non-", "не")

OPENERS = _words(
    "new old next last great good more few several various many main key special particular "
    "recent current previous following joint important similar further given based despite "
    "because although though unless until upon against along around about above across "
    "the a an this that these those it its he his she her they their we our you your i there "
    "here in on at by for from to of with without within as after before during since until "
    "under over between among through according and but or nor so yet if when while where who "
    "what which why how however moreover furthermore also additionally meanwhile today "
    "yesterday tomorrow earlier later then thus therefore all both each every many most some "
    "several such other another not no never now once only still even again в на по с со к ко о "
    "об от до за из у при для без под над между через после перед во это этот эта эти тот та те "
    "он она они оно мы вы я его ее её их и а но или также однако сегодня вчера завтра затем "
    "потом кроме как что кто где когда если все всё "
)
"""Words whose capital at the start of a sentence is never a name's."""
COMMON_ENDINGS = ("ing", "ed", "ly", "tion", "tions", "ment", "ments", "ers", "ants", "ees", "ness")
"""A capital at the start of a sentence says little; with such an ending it says nothing."""

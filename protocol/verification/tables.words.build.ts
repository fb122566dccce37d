/** Word lists of the lexicon, in the folded form that the tokeniser yields (lower case, straight apostrophes). */

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '')
}

function phrases(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
}

/** Cardinal number words and their values; scales multiply what stands before them. */
export const cardinals = Object.fromEntries([
  ...words(`zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
    sixteen seventeen eighteen nineteen`).map((word, value) => [word, value] as const),
  ...words('twenty thirty forty fifty sixty seventy eighty ninety').map(
    (word, at) => [word, (at + 2) * 10] as const,
  ),
])
/** Powers of ten. */
export const scales = { hundred: 2, thousand: 3, million: 6, billion: 9, trillion: 12 }
export const ordinals = Object.fromEntries([
  ...words('first second third').map((word, at) => [word, `${at + 1}${['st', 'nd', 'rd'][at]}`] as const),
  ...words('fourth fifth sixth seventh eighth ninth tenth eleventh twelfth').map(
    (word, at) => [word, `${at + 4}th`] as const,
  ),
])

/** Written forms of a unit, replaced only directly after a number. */
export const units = Object.fromEntries(
  Object.entries({
    '%': 'percent pct',
    $: 'dollar dollars usd',
    '€': 'euro euros eur',
    km: 'kilometer kilometers kilometre kilometres',
    m: 'meter meters metre metres',
    cm: 'centimeter centimeters centimetre centimetres',
    mm: 'millimeter millimeters millimetre millimetres',
    kg: 'kilogram kilograms kilo kilos',
    g: 'gram grams',
    mg: 'milligram milligrams',
    ms: 'millisecond milliseconds',
    mph: '',
    kb: 'kilobyte kilobytes',
    mb: 'megabyte megabytes',
    gb: 'gigabyte gigabytes',
    tb: 'terabyte terabytes',
    hz: 'hertz',
  }).flatMap(([unit, forms]) => [
    [unit, unit] as const,
    ...words(forms).map((form) => [form, unit] as const),
  ]),
)

export const contractions = {
  "can't": 'can not',
  cannot: 'can not',
  "won't": 'will not',
  "shan't": 'shall not',
  "ain't": 'is not',
  ...Object.fromEntries(
    words(`is are was were do does did has have had could would should might must need`).flatMap((verb) => [
      [`${verb}n't`, `${verb} not`] as const,
    ]),
  ),
  "i'm": 'i am',
  "it's": 'it is',
  "that's": 'that is',
  "there's": 'there is',
  "here's": 'here is',
  "what's": 'what is',
  "let's": 'let us',
  ...Object.fromEntries(
    words('you we they').flatMap((who) => [
      [`${who}'re`, `${who} are`] as const,
      [`${who}'ve`, `${who} have`] as const,
      [`${who}'ll`, `${who} will`] as const,
    ]),
  ),
  "i've": 'i have',
  "i'll": 'i will',
  "he'll": 'he will',
  "she'll": 'she will',
  "it'll": 'it will',
}

/** Words that turn a statement round by themselves. Implicit negatives and antonyms are a later layer. */
export const negators =
  words(`not no never none nobody nothing nowhere neither nor without non hardly scarcely
  isnt arent wasnt werent dont doesnt didnt cant couldnt wont wouldnt shouldnt hasnt havent hadnt`)

/** Words whose coming and going changes no claim: they neither make an edit a content edit nor excuse one. */
export const functionWords =
  words(`a an the and or but of in on at to from by with for as is are was were be been
  being am do does did done has have had having will would shall should can could may might must it its this that
  these those there here he she they we you i him her them us me his their our your my who whom whose which what
  when where how if then than so such also too very just about into onto over under up down out off again both each
  other own same s t any ever at all even still yet because while`)

export const refusals = phrases(`
  i can not help with
  i can not help you with
  i can not assist
  i can not provide
  i can not answer
  i can not comply
  i can not fulfill
  i can not do that
  i can not discuss
  i can not share
  i can not create
  i can not generate
  i can not write
  i can not support
  i can not engage
  i am not able to help
  i am not able to assist
  i am not able to provide
  i am not able to answer
  i am not able to fulfill
  i am unable to help
  i am unable to assist
  i am unable to provide
  i am unable to answer
  i am unable to fulfill
  i am unable to comply
  i will not be able to help
  i will not be able to assist
  i will not help
  i will not provide
  i do not have enough information
  i do not feel comfortable
  i must decline
  i have to decline
  i must refuse
  as an ai
  as a language model
  as a large language model
  i am just an ai
  i am only an ai
  against my guidelines
  against my programming
  violates my guidelines
  i am sorry but i can not
  sorry but i can not
  i apologize but i can not
`)

/** A courtesy at the head of an answer is a group of words that opens with one of these ... */
export const openings = phrases(`
  sure
  certainly
  of course
  absolutely
  okay
  ok
  alright
  great question
  good question
  excellent question
  happy to help
  i would be happy to
  i am happy to
  here is
  here are
  below is
  below are
  answer
  the answer
  final answer
  response
  summary
  output
  result
  solution
  translation
  explanation
`)
/** ... and consists of these alone: nothing that could deny or change what follows. */
export const openingWords =
  words(`sure certainly of course absolutely okay ok alright great good excellent question
  happy glad to help i would be am will here is are below following the a an your my this that you asked for
  requested request answer final response short brief concise quick simple summary output result solution
  translation explanation list text code function query json document article paragraph passage it in with and
  provided given example story poem email letter as let us me`)

export const closings = phrases(`
  let me know
  please let me know
  i hope this
  i hope that
  hope this
  hope that
  feel free
  please feel free
  if you have any
  is there anything else
  happy to help
`)
export const closingWords =
  words(`let me know please i hope this that is was helps help helped helpful useful feel free
  to ask reach out if you have any there anything else further more other questions question need needs would like
  can do for with happy about or and assistance clarification details information want at the a us it clear
  your concerns am 'd`)

/** First words of a line that make it read as source code. */
export const codeStarts =
  words(`def class function const let var return import from export if elif else for while try
  except catch finally switch case public private protected static void int struct fn func package use using namespace
  select insert update delete where group order limit join create begin end #include print async await yield raise
  throw break continue pass`)

/** Whole answers that name a choice; single letters a to h are choices too. */
export const choices = words('yes no true false both')

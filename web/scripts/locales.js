// Writes src/locales/generated, a file for each language, from src/locales, a file for each section.
import { writeLocales } from './catalogue.js'

writeLocales()

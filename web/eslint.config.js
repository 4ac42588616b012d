import prettier from 'eslint-config-prettier'
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript'
import importX from 'eslint-plugin-import-x'
import vue from 'eslint-plugin-vue'
import ts from 'typescript-eslint'

// The floors of the house, lowest first: a file uses files of its own floor and below, never above.
const floors = [
  ['./src/lib'],
  ['./src/api'],
  ['./src/live/socket.ts', './src/live/stream.ts'],
  ['./src/stores'],
  ['./src/live/events.ts'],
  ['./src/composables', './src/i18n.ts'],
  ['./src/components'],
  ['./src/pages', './src/router.ts', './src/App.vue', './src/main.ts'],
]
const zones = floors.slice(0, -1).flatMap((floor, height) =>
  floor.map((target) => ({
    target,
    from: floors.slice(height + 1).flat(),
    message: 'Floors: lib < api < live/socket < stores < live/events < composables < components < pages.',
  })),
)
// Only the shell starts the live connection; nothing else may know the table of events.
zones.push({
  target: ['./src/composables', './src/pages'],
  from: ['./src/live'],
  message: 'Stores hold what the socket brings; read them instead.',
})

export default ts.config(
  { ignores: ['dist', 'node_modules', 'e2e/results'] },
  ...ts.configs.recommendedTypeChecked,
  ...vue.configs['flat/recommended'],
  {
    languageOptions: {
      parserOptions: {
        parser: ts.parser,
        projectService: { allowDefaultProject: ['eslint.config.js'] },
        extraFileExtensions: ['.vue'],
      },
    },
    plugins: { 'import-x': importX },
    settings: { 'import-x/resolver-next': [createTypeScriptImportResolver()] },
    rules: {
      'import-x/no-restricted-paths': ['error', { zones }],
      'import-x/no-cycle': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      // vue-i18n hands out plain functions that are typed as methods.
      '@typescript-eslint/unbound-method': 'off',
      'no-console': 'error',
      eqeqeq: 'error',
    },
  },
  {
    files: ['**/*.vue'],
    rules: {
      'max-lines': ['error', { max: 150 }],
      'vue/no-v-html': 'error',
      'vue/no-bare-strings-in-template': 'error',
      'vue/no-static-inline-styles': 'error',
      'vue/multi-word-component-names': 'off',
      'vue/require-default-prop': 'off',
      'vue/block-lang': ['error', { script: { lang: 'ts' } }],
      'vue/component-api-style': ['error', ['script-setup']],
    },
  },
  { files: ['src/**/*.ts'], ignores: ['**/*.test.ts'], rules: { 'max-lines': ['error', { max: 300 }] } },
  { files: ['scripts/**', 'e2e/**'], rules: { 'no-console': 'off' } },
  { files: ['**/*.js'], extends: [ts.configs.disableTypeChecked] },
  prettier,
)

{# Claims with the row of the track that each became part of, and, where it was taken back, the mistaken row. #}
{% macro from_claims_of_spells() -%}
    from {{ ref('int_claim') }} as claim
    left join {{ ref('int_mistaken_row') }} as mistaken
        on
            claim.file_id = mistaken.file_id
            and claim.sheet = mistaken.sheet
            and claim.row_number = mistaken.row_number
    inner join {{ ref('int_spell_row') }} as spell_row
        on
            claim.person_key = spell_row.person_key
            and claim.form_id = spell_row.form_id
            and claim.unit_code = spell_row.unit_code
            and claim.side = spell_row.side
            and claim.reported_on = spell_row.reported_on
{%- endmacro %}
